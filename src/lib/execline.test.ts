import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { temporaryFolder } from "../../test/machine.ts";
import { exec } from "./exec.ts";
import { execlineTool, renderExecline } from "./execline.ts";

const hostile = [
  "plain",
  "",
  "two words",
  'quote " and \\ backslash',
  "end\\",
  "$HOME ${1} $@ `id` $(id)",
  "{ } # ; && |",
  "line\nend\ttab",
  "\\n \\x41 \\65",
  "日本 ü",
];

test("execline reads every word as it was given", async () => {
  await using folder = await temporaryFolder();
  const script = join(folder.path, "script");
  const print = "process.stdout.write(JSON.stringify(process.argv.slice(1)))";
  const words = [process.execPath, "-e", print, "--", ...hostile];
  await writeFile(script, renderExecline([words], { args: "-P" }), { mode: 0o700 });
  assert.deepEqual(JSON.parse(await exec([script])), hostile);
});

test("a block is a list of its own, and only what is meant to is substituted", async () => {
  await using folder = await temporaryFolder();
  const script = join(folder.path, "script");
  const echo = ["echo", '1 \\ "', { substituted: "${1}" }];
  const lines = [
    [execlineTool("foreground"), echo],
    ["echo", "then", "}"],
  ];
  await writeFile(script, renderExecline(lines, { args: "-S1" }), { mode: 0o700 });
  assert.equal(await exec([script, 'given "x"']), '1 \\ " given "x"\nthen }\n');
});

test("a word that execline would substitute unasked is refused", () => {
  assert.throws(() => renderExecline([["echo", "a $@ b"]], { args: "-S0" }), /a \$@ b/);
});
