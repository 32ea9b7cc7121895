import assert from "node:assert/strict";
import { Readable } from "node:stream";
import test from "node:test";
import { createPktReader, flushPkt, renderPktLine } from "#lib/pkt-line.ts";
import { serveProcReceive, type RefChange, type Refusal } from "./receive.ts";

const zero = "0".repeat(40);
const one = "1".repeat(40);

test("each pushed ref is asked about in turn, and answered in the words of git", async () => {
  const asked: RefChange[] = [];
  const answers = await serve(
    "version=1",
    [`${zero} ${one} refs/heads/main`, `${one} ${zero} a b`],
    {
      decide: async (change) => {
        asked.push(change);
        return change.ref === "a b" ? "not this one\nand more" : null;
      },
    },
  );
  assert.deepEqual(asked[0], { from: zero, to: one, ref: "refs/heads/main" });
  assert.deepEqual(answers, ["ok refs/heads/main", "ng a b not this one"]);
});

test("several refs that are to be one step are refused before any of them is begun", async () => {
  const decide = async () => assert.fail("nothing is begun");
  const refs = [`${zero} ${one} refs/heads/a`, `${zero} ${one} refs/heads/b`];
  const answers = await serve("version=1\0push-options atomic", refs, { decide });
  assert.equal(answers.length, 2);
  for (const answer of answers) assert.match(answer, /^ng refs\/heads\/[ab] .*without --atomic/);
  const single = await serve("version=1\0atomic", refs.slice(1), { decide: async () => null });
  assert.deepEqual(single, ["ok refs/heads/b"]);
});

test("a crowd of refs, and a name without end, are refused before anything is begun", async () => {
  const decide = async () => assert.fail("nothing is begun");
  const crowd = Array.from({ length: 101 }, (_, at) => `${zero} ${one} refs/heads/b${at}`);
  const answers = await serve("version=1", crowd, { decide });
  assert.equal(answers.length, 101);
  for (const answer of answers) assert.match(answer, /^ng refs\/heads\/b\d+ 101 refs in one push/);
  const [long] = await serve("version=1", [`${zero} ${one} refs/heads/${"x".repeat(65_000)}`], {
    decide,
  });
  assert.match(long ?? "", /its name is longer than 1000 bytes$/);
});

test("a long reason is cut, so that it stays one line of git's", async () => {
  const decide = async () => "x".repeat(100_000);
  const [answer] = await serve("version=1", [`${zero} ${one} refs/heads/main`], { decide });
  assert.equal(answer?.length, "ng refs/heads/main ".length + 300);
});

test("what is not git's protocol breaks the conversation and asks about nothing", async () => {
  const decide = async () => assert.fail("nothing is asked");
  const garbage = ["", "0", "garbage!", "ffff", "0003", "-001", "00zz", "0010version=2\0\0\0"];
  const whole = Buffer.concat([renderPktLine("version=1"), flushPkt]).toString();
  const broken = [...garbage, `${whole}0009 oops0000`, `${whole}${renderPktLine("x").toString()}`];
  for (const text of broken) {
    const served = serveProcReceive(
      Readable.from([Buffer.from(text)]),
      { write: () => {} },
      decide,
    );
    await assert.rejects(served, Error, JSON.stringify(text));
  }
});

async function serve(
  greeting: string,
  lines: readonly string[],
  { decide }: { decide: (change: RefChange) => Promise<Refusal> },
): Promise<string[]> {
  const parts = [renderPktLine(greeting), flushPkt, ...lines.map(renderPktLine), flushPkt];
  const written: Uint8Array[] = [];
  const output = { write: (bytes: Uint8Array) => written.push(bytes) };
  // Byte by byte, as a slow network might bring it.
  const bytes = Array.from(Buffer.concat(parts), (byte) => Buffer.from([byte]));
  await serveProcReceive(Readable.from(bytes), output, decide);
  const answer = createPktReader(Readable.from([Buffer.concat(written)]));
  assert.deepEqual(await answer.section(), ["version=1\0atomic"]);
  return answer.section();
}
