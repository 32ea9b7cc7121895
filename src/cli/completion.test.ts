import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { bareEnv, ended, exec, start } from "#lib/exec.ts";
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

/** Stands in for the program: completes two words, and else says what it was asked. */
const program = `#!/bin/sh
test "$1" = complete || { echo "asked:$*"; exit; }
for word in "$@"; do last=$word; done
case "$last" in ps:sc*) echo ps:scale ;; shop@*) echo shop@staging ;; esac
`;
const typed = "berth ps:sc\t web=1 -a shop@\t\nexit\n";

/** How each shell, at a terminal, is told to read a script; fish says by itself what it would complete. */
const shells = {
  bash: { argv: ["bash --norc --noprofile -i"], setUp: "source" },
  zsh: { argv: ["zsh -f -i"], setUp: "autoload -U compinit; compinit -u -D; source" },
} as const;

for (const [shell, { argv, setUp }] of Object.entries(shells)) {
  const missing = [shell, "script"].find((it) => !findProgram(it));
  const skip = missing === undefined ? false : `${missing} is not installed`;
  test(
    `${shell} completes what is typed, names with : and @ too`,
    { skip, timeout: 60_000 },
    async () => {
      await using place = await placeFor(shell);
      const child = start(["script", "-qec", ...argv, "/dev/null"], {
        stdio: ["pipe", "pipe", "ignore"],
        env: place.env,
      });
      child.stdin?.end(`${setUp} ${place.script}\n${typed}`);
      let said = "";
      child.stdout?.on("data", (chunk) => (said += String(chunk)));
      await ended(child);
      assert.match(said, /^asked:ps:scale web=1 -a shop@staging\s*$/m);
    },
  );
}

const noFish = findProgram("fish") ? false : "fish is not installed";
test("fish completes what is typed, names with : and @ too", { skip: noFish }, async () => {
  await using place = await placeFor("fish");
  const asked = ["berth ps:sc", "berth ps:scale -a shop@"].map((it) => `complete -C '${it}'`);
  const line = [`source ${place.script}`, ...asked].join("; ");
  const said = await exec(["fish", "--no-config", "-c", line], { env: place.env });
  assert.equal(said, "ps:scale\nshop@staging\n");
});

function findProgram(name: string): boolean {
  return bareEnv.PATH.split(":").some((folder) => existsSync(join(folder, name)));
}

/** A folder with a program called `berth` and the script of a shell. */
async function placeFor(shell: string) {
  const folder = await temporaryFolder();
  const print = commands.find(({ name }) => name === "completion");
  const lines: string[] = [];
  const out = { exact: (text: string) => void lines.push(text) };
  await print?.run({ ...around, args: [shell], out } as never);
  const script = join(folder.path, "script");
  await writeFile(script, lines.join("\n"));
  await writeFile(join(folder.path, "berth"), program, { mode: 0o755 });
  const env = {
    ...bareEnv,
    PATH: `${folder.path}:${bareEnv.PATH}`,
    HOME: folder.path,
    TERM: "dumb",
  };
  return { script, env, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("a shell that is not known is refused with those that are", async () => {
  const print = commands.find(({ name }) => name === "completion");
  const asked = print?.run({ ...around, args: ["tcsh"] } as never);
  await assert.rejects(asked ?? Promise.resolve(), {
    code: "invalid_input",
    message: /bash, zsh, fish/,
  });
});
