import { join } from "node:path";
import { createClient } from "#api/client.ts";
import { followJob } from "#api/follow.ts";
import { requestDeploy } from "#api/push.ts";
import { createTransport } from "#lib/http.ts";
import { decidePush } from "#server/ssh/push.ts";
import { serveProcReceive } from "#server/ssh/receive.ts";

/** git's proc-receive hook: each pushed branch becomes a deploy, and is accepted when that is live. */
const [home = ""] = process.argv.slice(2);
const app = process.env["BERTH_APP"] ?? "";
const actor = process.env["BERTH_ACTOR"] ?? "";
const socketPath = join(home, "run/berthd.sock");
const client = createClient(
  createTransport({ socketPath, headers: { "x-berth-actor": actor } }),
  home,
);
const say = (text: string) => void process.stderr.write(text);

await serveProcReceive(process.stdin, process.stdout, (change) =>
  decidePush(change, {
    say,
    deploy: (branch, from, commit) =>
      requestDeploy(client, { params: { app }, body: { branch, from, commit } }),
    follow: (job) => followJob(client, job, { onText: say }),
  }),
);
