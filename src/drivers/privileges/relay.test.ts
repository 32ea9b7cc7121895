import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import test from "node:test";
import { PlatformError } from "#domain/errors.ts";
import { inputBytesMax, sessionFrames } from "#domain/runner.ts";
import { ended, start } from "#lib/exec.ts";
import { encodeFrame } from "#lib/frames.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { relayed, relayWords } from "./relay.ts";

test("a program's outputs come apart, by their names too, and its end last", async () => {
  await using talk = await talkWith("echo out; echo err >&2; echo named > /dev/stderr; exit 3");
  assert.deepEqual(await talk.heard(), { out: "out\n", errors: "err\nnamed\n", end: "3 0" });
  await using killed = await talkWith("kill -SEGV $$");
  assert.equal((await killed.heard()).end, "256 11");
});

test("what is said to a program arrives whole, and its answer does, however much it is", async () => {
  await using talk = await talkWith("exec cat", { takesInput: true });
  const piece = Buffer.alloc(inputBytesMax, "0123456789");
  for (let count = 0; count < 64; count += 1) talk.say(sessionFrames.input, piece);
  talk.say(sessionFrames.endOfInput);
  assert.equal((await talk.heard()).out, piece.toString().repeat(64));
});

test("a program that takes nothing, or no more, is waited for, and still heard", async () => {
  await using none = await talkWith("cat; echo done");
  assert.equal((await none.heard()).out, "done\n");
  await using deaf = await talkWith("exec <&-; sleep 0.1; echo done; exec >&- 2>&-; exit 4", {
    takesInput: true,
  });
  for (let count = 0; count < 64; count += 1)
    deaf.say(sessionFrames.input, Buffer.alloc(inputBytesMax));
  assert.deepEqual(await deaf.heard(), { out: "done\n", errors: "", end: "4 0" });
});

test("whoever leaves, or sends what is no frame, ends the program, also one that never listens", async () => {
  for (const sent of [0, 4 * 1024 ** 2]) {
    await using talk = await talkWith("exec sleep 900", { takesInput: true });
    for (let bytes = 0; bytes < sent; bytes += inputBytesMax)
      talk.say(sessionFrames.input, Buffer.alloc(inputBytesMax));
    talk.leave();
    await talk.ended;
  }
  await using talk = await talkWith("exec sleep 900", { takesInput: true });
  talk.send(Buffer.from([sessionFrames.input, 0xff, 0xff, 0xff, 0xff]));
  await talk.ended;
});

test("a failure is berth-root's, and none once a program has begun", async () => {
  const said = async (...types: readonly number[]) => {
    const [near, far] = duplexPair();
    const failure = JSON.stringify({ code: "command_failed", details: {} });
    for (const type of types) far.write(encodeFrame(type, failure));
    far.end();
    const heard: number[] = [];
    for await (const { type } of relayed(near)) heard.push(type);
    return heard;
  };
  const { output, failure, result } = sessionFrames;
  await assert.rejects(said(failure), PlatformError);
  assert.deepEqual(await said(output, failure, output, result), [output, output, result]);
});

/** A shell's command line behind a relay, to which a connection was handed over as berth-root does. */
async function talkWith(line: string, { takesInput = false } = {}) {
  const folder = await temporaryFolder();
  const server = createServer();
  const path = join(folder.path, "s");
  await once(server.listen(path), "listening");
  const near = connect(path);
  near.on("error", () => {});
  const [far] = (await once(server, "connection")) as [Socket];
  const relay = start([...relayWords({ takesInput }), "/bin/sh", "-c", line], {
    stdio: [far, far, "inherit"],
  });
  const end = ended(relay).finally(() => far.destroy());
  const heard = { out: "", errors: "", end: "" };
  const frames = relayed(near);
  // It listens now.
  await frames.next();
  return {
    ended: end,
    send: (bytes: Buffer) => void near.write(bytes),
    say: (type: number, payload: Uint8Array | string = "") =>
      void near.write(encodeFrame(type, payload)),
    leave: () => void near.destroy(),
    heard: async () => {
      for await (const { type, payload } of frames) {
        const text = payload.toString();
        if (type === sessionFrames.output) heard.out += text;
        if (type === sessionFrames.errorOutput) heard.errors += text;
        if (type === sessionFrames.result) heard.end = text;
      }
      return heard;
    },
    [Symbol.asyncDispose]: async () => {
      near.destroy();
      await end;
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
