import { join } from "node:path";
import { createClient } from "#api/client.ts";
import { followJob } from "#api/follow.ts";
import { requestDeploy } from "#api/push.ts";
import { exec } from "#lib/exec.ts";
import { gitArgv, gitEnv } from "#lib/git.ts";
import { createTransport } from "#lib/http.ts";
import { askPatiently } from "#server/ssh/patience.ts";
import { createPlainText } from "#server/ssh/plain-text.ts";
import { decidePush } from "#server/ssh/push.ts";
import { serveProcReceive } from "#server/ssh/receive.ts";

/** git's proc-receive hook: each pushed branch becomes a deploy, and is accepted when that is live. */
const [home = ""] = process.argv.slice(2);
const app = process.env["BERTH_APP"] ?? "";
const introduction = {
  "x-berth-actor": process.env["BERTH_ACTOR"] ?? "",
  "x-berth-key": process.env["BERTH_KEY"] ?? "",
  "x-berth-address": process.env["BERTH_ADDRESS"] ?? "",
};
const socketPath = join(home, "run/berthd.sock");
const client = createClient(
  createTransport({ socketPath, headers: { ...introduction, "x-berth-door": "git" } }),
  home,
);
const plain = createPlainText();
const say = (text: string) => void process.stderr.write(plain(text));
const env = { ...gitEnv, GIT_DIR: process.env["GIT_DIR"] ?? "." };

await serveProcReceive(process.stdin, process.stdout, (change) =>
  decidePush(change, {
    say,
    deploy: (branch, from, commit) =>
      askPatiently(() =>
        requestDeploy(client, { params: { app }, body: { branch, from, commit } }),
      ),
    typeOf: async (object) => (await exec(gitArgv(["cat-file", "-t", object]), { env })).trim(),
    follow: (job) => followJob(client, job, { onText: say }),
  }),
);
