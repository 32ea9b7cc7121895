import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { sessionFrames } from "#domain/runner.ts";
import { encodeFrame } from "#lib/frames.ts";
import { startWorld } from "../../test/cli-world.ts";

test("run gives its input to the command, the command's output back, and its exit code", async (t) => {
  const { berth, engine } = await startWorld(t);
  const stdin = Readable.from(["typed\n", "more\n"]);
  const result = await berth("run -a shop -- ls -l", { stdin });
  assert.deepEqual(result, { code: 7, out: "typed\nmore\n", err: "" });
  assert.equal(engine.calls[0], "createRun shop ls -l ann");
});

test("a program that a signal ended counts as 128 and the signal", async (t) => {
  const outcome = { code: null, signal: "SIGTERM", timedOut: false };
  const end = encodeFrame(sessionFrames.result, JSON.stringify({ value: outcome }));
  const session = { bytes: Readable.from([end]), write: async () => {}, close: () => {} };
  const { berth } = await startWorld(t, { openRun: () => session });
  assert.equal((await berth("run -a shop x")).code, 143);
});

test("a command that ran out of memory says so, and where it stands what to type", async (t) => {
  const outcome = { code: null, signal: "SIGKILL", timedOut: false, outOfMemory: true };
  const end = encodeFrame(sessionFrames.result, JSON.stringify({ value: outcome }));
  const session = { bytes: Readable.from([end]), write: async () => {}, close: () => {} };
  const { berth } = await startWorld(t, { openRun: () => session });
  const { code, err } = await berth("run -a shop x");
  assert.equal(code, 137);
  assert.match(err, /^It ran out of memory\. How to allow more: berth jobs:info \d+$/m);
});

test("a command whose helper is lost half-way is no success", async (t) => {
  const cut = { bytes: Readable.from([]), write: async () => {}, close: () => {} };
  const { berth } = await startWorld(t, { openRun: () => cut });
  const result = await berth("run -a shop x");
  assert.equal(result.code, 1);
  assert.match(result.err, /was restarted while the command ran/);
});
