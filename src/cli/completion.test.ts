import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { bareEnv, exec } from "#lib/exec.ts";
import { writeAtomic } from "#lib/files.ts";
import { createFakeClient } from "../../test/fake-client.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { commands } from "./commands.ts";
import { completionsOf } from "./completion.ts";

const around = {
  client: createFakeClient(),
  commands,
  local: true,
  signal: new AbortController().signal,
};

const words = (line: string) => completionsOf(line.split(" "), around);

test("commands are completed, by topic:verb and by topic verb", async () => {
  assert.deepEqual(await words("ps:s"), ["ps:scale", "ps:start", "ps:stop"]);
  assert.deepEqual(await words("ps s"), ["scale", "shop", "start", "stop"]);
  assert.ok((await words("")).includes("apps:create"));
  assert.deepEqual(await words("nothing-like-it"), []);
});

test("app names are completed where a command takes one", async () => {
  assert.deepEqual(await words("ps:scale -a "), ["shop"]);
  assert.deepEqual(await words("logs sh"), ["shop"]);
  assert.deepEqual(await words("keys:remove sh"), []);
});

test("options are those of the command", async () => {
  assert.deepEqual(await words("jobs --st"), ["--status"]);
  assert.deepEqual(await words("logs --ta"), ["--tail"]);
});

test("bash completes with the script that is printed for it", async () => {
  await using folder = await temporaryFolder();
  const lines: string[] = [];
  const print = commands.find(({ name }) => name === "completion");
  const out = { exact: (text: string) => void lines.push(text) };
  await print?.run({ ...around, args: ["bash"], out } as never);
  // Stands in for the program: says what it was asked.
  const script = `berth() { printf '%s\\n' "asked:$*"; }
${lines.join("\n")}
COMP_WORDS=(berth ps:scale -a sh); COMP_CWORD=3
_berth
printf '%s' "\${COMPREPLY[*]}"
complete -p berth
`;
  const file = join(folder.path, "script");
  await writeAtomic(file, script);
  const said = await exec(["bash", file], { env: bareEnv });
  assert.match(said, /^asked:complete -- ps:scale -a sh/);
  assert.match(said, /complete -o default -F _berth berth/);
});

test("a shell that is not known is refused with those that are", async () => {
  const print = commands.find(({ name }) => name === "completion");
  const asked = print?.run({ ...around, args: ["tcsh"] } as never);
  await assert.rejects(asked ?? Promise.resolve(), {
    code: "invalid_input",
    message: /bash, zsh, fish/,
  });
});
