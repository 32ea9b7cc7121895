import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ended, start } from "#lib/exec.ts";
import { temporaryFolder } from "../../test/machine.ts";

const program = join(import.meta.dirname, "take-slot.pl");

test("class 22, exhaustion: a person has so many sessions at once, whatever key they come with", async () => {
  await using folder = await temporaryFolder();
  const begin = async (owner: string) => {
    const words = [join(folder.path, "slots"), "2", "perl", "-e", waiting, "laptop", "7", owner];
    const child = start(["perl", program, ...words], { stdio: ["pipe", "pipe", "pipe"] });
    const said = Promise.withResolvers<string>();
    for (const from of [child.stdout, child.stderr])
      from?.on("data", (bytes: Buffer) => said.resolve(bytes.toString()));
    const end = ended(child);
    const finish = async () => {
      child.stdin?.end();
      return (await end).code;
    };
    return { said: await said.promise, finish };
  };
  const owners = ["user-eve", "user-eve", "user-ann", ...Array<string>(3).fill("installation")];
  const sessions = await Promise.all([...owners, "7"].map(begin));
  for (const { said } of sessions) assert.equal(said, "begun\n");
  const more = await begin("user-eve");
  assert.match(more.said, /^berth: You have 2 sessions over SSH, as many as one may at once\./);
  assert.equal(await more.finish(), 1);
  assert.equal(await sessions[0]?.finish(), 0);
  const again = await begin("user-eve");
  assert.equal(again.said, "begun\n");
  for (const { finish } of [again, ...sessions.slice(1)]) assert.equal(await finish(), 0);
});

/** Ends with its input. */
const waiting = `$| = 1; print "begun\\n"; my $rest = <STDIN>;`;
