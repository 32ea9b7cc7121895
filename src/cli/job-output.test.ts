import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { CliOptions } from "./run-cli.ts";
import { startWorld } from "../../test/cli-world.ts";
import { doneJob } from "../../test/fake-nouns.ts";

test("data goes to stdout, a job's output to stderr", async (t) => {
  const { berth } = await startWorld(t);
  const result = await berth("rollback v3 -a shop");
  assert.equal(result.code, 0);
  assert.equal(result.out, "shop: deploy done in 1.3 s (job 12).\n");
  assert.equal(result.err, "building\n");
});

test("of many jobs a bar tells how many have ended", async (t) => {
  const jobs = ["shop", "blog"].map((target) => ({ ...doneJob, target }));
  const { berth } = await startWorld(t, { rebuild: async () => jobs });
  const { out, err } = await berth("rebuild");
  const bars = err.split("\n").filter((line) => line.startsWith("["));
  assert.deepEqual(bars, [
    `[${" ".repeat(20)}] 0 of 2, shop`,
    `[${"#".repeat(10)}${" ".repeat(10)}] 1 of 2, blog`,
  ]);
  assert.equal(out.trimEnd().split("\n").length, 2);
});

test("on a terminal the last line tells where a job is, below what it prints", async (t) => {
  const { berth, engine } = await startWorld(t);
  const restart = async (more: Partial<CliOptions>) => {
    let shown = "";
    const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 60 });
    stderr.on("data", (chunk) => (shown += String(chunk)));
    const outputs = (async function* () {
      const isPlain = more.colour === false;
      while (!isPlain && !shown.includes("about"))
        await new Promise((wait) => setTimeout(wait, 10));
      yield { offset: 9, text: "building\n" };
    })();
    engine.outputs.set(12, outputs);
    await berth("ps:restart -a shop", { stderr, terminal: "xterm", ...more });
    return shown;
  };
  const told = String.raw`\[#{20}\] Beginning, \d+ of about 2 s`;
  const clear = String.raw`\r\x1b\[K`;
  assert.match(
    await restart({}),
    new RegExp(`^(${clear}${told})+${clear}building\n(${told}${clear})+$`),
  );
  assert.equal(await restart({ colour: false }), "building\n");
});

test("--json prints the ended job", async (t) => {
  const { berth, engine } = await startWorld(t);
  const result = await berth("config:set A=1 B=a=b -a shop --json");
  const job = JSON.parse(result.out) as { id: number; status: string };
  assert.deepEqual([job.id, job.status], [12, "done"]);
  assert.equal(engine.calls[0], 'setConfigVars shop {"A":"1","B":"a=b"} ann');
});

test("a change that touches nothing that runs says so", async (t) => {
  const { berth } = await startWorld(t);
  const result = await berth("config:unset SAME -a shop");
  assert.deepEqual(result, {
    code: 0,
    out: "",
    err: "It is as asked; nothing that runs had to change.\n",
  });
});

test("a failed job gives its error and exit code", async (t) => {
  const error = { code: "unhealthy", message: "web.1 of shop did not answer.", hint: "Look." };
  const { berth } = await startWorld(t, {
    job: async () => ({ ...doneJob, status: "failed", error }),
  });
  const result = await berth("ps:start -a shop");
  assert.deepEqual(result, {
    code: 1,
    out: "",
    err: "building\nberth: web.1 of shop did not answer.\n  → Look.\n",
  });
});
