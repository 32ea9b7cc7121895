import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import test, { after, before } from "node:test";
import { commit, startPlatform, type Platform, type Ran } from "../platform.ts";
import { untilTidy } from "../processes.ts";

const deploys = 50;
const requestsPerS = 500;

let platform: Platform;
before(async () => {
  platform = await startPlatform();
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

test(`${deploys} deploys under ${requestsPerS} requests a second lose none of them`, async () => {
  await platform.berth("apps:create", "busy");
  const tree = await platform.tree(busyApp(0));
  assert.equal((await platform.push(tree, "busy")).code, 0);
  const load = startLoad();
  const startedMs = performance.now();
  for (let count = 1; count <= deploys; count += 1) {
    const ran = await deployOnce(tree, count);
    assert.equal(ran.code, 0, ran.stderr);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { answered, failures } = await load.stop();
  assert.deepEqual(failures, []);
  // Far fewer would mean that the machine was too busy for the load to be one.
  assert.ok(answered > (seconds * requestsPerS) / 2, `${answered} answers in ${seconds} s`);
  const answer = await platform.visit("busy.localhost");
  assert.equal(answer.body, `${Math.floor(deploys / 10) * 10} ${deploys - 1}`);
  await untilTidy(platform.home);
});

/** Of ten, one is a push, one a restart, one scales, and the others change a config var. */
async function deployOnce(tree: string, count: number): Promise<Ran> {
  if (count % 10 === 0) {
    await commit(tree, busyApp(count));
    return platform.push(tree, "busy");
  }
  if (count % 10 === 4) return platform.berth("ps:restart", "-a", "busy");
  if (count % 10 === 6) return platform.berth("ps:scale", `web=${1 + (count % 3)}`, "-a", "busy");
  return platform.berth("config:set", `COUNT=${count}`, "-a", "busy");
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
    const method = number % 4 === 0 ? "POST" : "GET";
    const outcome = await ask(method, number % 10 === 1 ? null : agent);
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
function ask(method: string, agent: Agent | null): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const call = request(
    {
      port: platform.ports.direct,
      host: "127.0.0.1",
      method,
      path: "/",
      headers: { host: "busy.localhost" },
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
