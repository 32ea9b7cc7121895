import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import test, { after, before } from "node:test";
import { createClient, type Client } from "#api/client.ts";
import { changeConfigVars } from "#api/config.ts";
import { followJob } from "#api/follow.ts";
import { restart, scale } from "#api/instances.ts";
import type { JobView } from "#api/views.ts";
import { createTransport } from "#lib/http.ts";
import { homeLayout } from "#setup/layout.ts";
import { commit, startPlatform, type Platform } from "../platform.ts";
import { untilTidy } from "../processes.ts";

const deploys = 50;
const requestsPerS = 500;
/** Deployed side by side, as one waits more than it works. */
const apps = ["busy", "brisk"] as const;

let platform: Platform;
before(async () => {
  platform = await startPlatform();
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

test(`${deploys} deploys under ${requestsPerS} requests a second lose none of them`, async () => {
  const trees = await Promise.all(apps.map(begin));
  const load = startLoad();
  const startedMs = performance.now();
  await Promise.all(
    apps.map(async (app, index) => {
      for (let count = 1; count <= deploys / apps.length; count += 1)
        await deployOnce({ app, tree: trees[index] ?? "" }, count);
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const { answered, failures } = await load.stop();
  assert.deepEqual(failures, []);
  // Far fewer would mean that the machine was too busy for the load to be one.
  assert.ok(answered > (seconds * requestsPerS) / 2, `${answered} answers in ${seconds} s`);
  for (const app of apps) assert.equal((await platform.visit(`${app}.localhost`)).body, "20 25");
  await untilTidy(platform.home);
});

async function begin(app: string): Promise<string> {
  await platform.berth("apps:create", app);
  const tree = await platform.tree(busyApp(0));
  const pushed = await platform.push(tree, app);
  assert.equal(pushed.code, 0, pushed.stderr);
  return tree;
}

type Deployed = { readonly app: string; readonly tree: string };

/** Of ten, one is a push, one a restart, one scales, and the others change a config var. */
async function deployOnce({ app, tree }: Deployed, count: number): Promise<void> {
  if (count % 10 === 0) {
    await commit(tree, busyApp(count));
    const pushed = await platform.push(tree, app);
    assert.equal(pushed.code, 0, pushed.stderr);
    return;
  }
  const socketPath = homeLayout(platform.home).socket;
  const client = createClient(createTransport({ socketPath, headers: {} }), platform.home);
  const job = await change(client, app, count);
  // Of these one scales to what is there already.
  if (!job) return assert.equal(count % 10, 6);
  const { status, error } = await followJob(client, job.id, { onText: () => {} });
  assert.equal(status, "done", error?.message);
}

/** Asked of the API itself: a program for each would take the processors more than the deploys do. */
async function change(client: Client, target: string, count: number): Promise<JobView | null> {
  const params = { target };
  if (count % 10 === 4) return client(restart, { params, body: { instance: null } });
  const changed = await (count % 10 === 6
    ? client(scale, { params, body: { web: 1 + (count % 3) } })
    : client(changeConfigVars, { params, body: { COUNT: String(count) } }));
  return changed.job;
}

/** Says which push and which config var it is; every fifth answer takes a moment. */
function busyApp(version: number): Record<string, string> {
  const server = `let asked = 0;
require("node:http").createServer((q, s) => {
  q.resume();
  const answer = () => s.end("${version} " + process.env.COUNT);
  asked += 1;
  if (asked % 5 === 0) setTimeout(answer, 30); else answer();
}).listen(process.env.PORT);`;
  return { "server.js": server, Procfile: "web: node server.js\n" };
}

type Load = { readonly stop: () => Promise<{ answered: number; failures: string[] }> };

/** An open loop: requests begin on time whatever became of those before. */
function startLoad(): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const stopping = new AbortController();
  const open = new Set<Promise<void>>();
  const failures: string[] = [];
  let answered = 0;

  async function askOne(number: number): Promise<void> {
    const method = number % 8 < 2 ? "POST" : "GET";
    const app = apps[number % apps.length] ?? apps[0];
    const outcome = await ask(app, method, number % 20 < 2 ? null : agent);
    if (outcome === 200) answered += 1;
    else failures.push(`${method} after ${answered} answers: ${outcome}`);
  }

  async function keepAsking(): Promise<void> {
    const startedMs = performance.now();
    for (let begun = 0; !stopping.signal.aborted;) {
      const due = ((performance.now() - startedMs) * requestsPerS) / 1000;
      for (; begun < due && open.size < 1000; begun += 1) {
        const one = askOne(begun);
        open.add(one);
        void one.finally(() => open.delete(one));
      }
      await sleep(2);
    }
  }

  const asking = keepAsking();
  return {
    stop: async () => {
      stopping.abort();
      await asking;
      await Promise.all(open);
      agent.destroy();
      return { answered, failures: failures.slice(0, 20) };
    },
  };
}

/** The status, or what went wrong. */
function ask(app: string, method: string, agent: Agent | null): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const call = request(
    {
      port: platform.ports.direct,
      host: "127.0.0.1",
      method,
      path: "/",
      headers: { host: `${app}.localhost` },
      agent: agent ?? false,
      timeout: 30_000,
    },
    (answer) => {
      answer.resume();
      answer.once("error", (error) => resolve(`in the answer: ${error.message}`));
      answer.once("end", () => resolve(answer.statusCode ?? 0));
    },
  );
  call.once("timeout", () => call.destroy(new Error("no answer for 30 s")));
  call.once("error", (error) => resolve(error.message));
  call.end(method === "POST" ? "x".repeat(2000) : undefined);
  return promise;
}
