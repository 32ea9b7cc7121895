import assert from "node:assert/strict";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { commands } from "./commands.ts";
import { renderHelp, renderOverview } from "./help.ts";
import { parseArgv } from "./parse.ts";

const folder = join(import.meta.dirname, "..", "..", "test", "golden", "cli-help");

test("help reads as it was agreed; BERTH_GOLDEN=write agrees to a change", async () => {
  const pages = new Map([["berth.txt", `${renderOverview(true)}\n`]]);
  for (const command of commands) {
    pages.set(`${command.name.replace(":", "-")}.txt`, `${renderHelp(command, true)}\n`);
  }
  if (process.env["BERTH_GOLDEN"] === "write") {
    await mkdir(folder, { recursive: true });
    for (const [name, page] of pages) await writeFile(join(folder, name), page);
  }
  assert.deepEqual((await readdir(folder)).toSorted(), [...pages.keys()].toSorted());
  for (const [name, page] of pages) {
    assert.equal(await readFile(join(folder, name), "utf8"), page, name);
  }
});

test("each command has one name, and its example is a command line that it takes", () => {
  const names = commands.flatMap((command) => [command.name, ...command.aliases]);
  assert.equal(new Set(names).size, names.length);
  for (const command of commands) {
    const invocation = parseArgv(command.example.split(" "), true);
    assert.ok("command" in invocation && invocation.command === command, command.example);
  }
});

test("help is asked for in every usual way", () => {
  for (const words of [[], ["help"], ["--help"], ["-h"], ["help", "--json"]]) {
    assert.deepEqual(parseArgv(words, true), { help: null }, words.join(" "));
  }
  for (const line of ["help ps:scale", "help ps scale", "ps scale --help", "ps:scale -h"]) {
    const invocation = parseArgv(line.split(" "), true);
    assert.ok("help" in invocation && invocation.help?.name === "ps:scale", line);
  }
});

test("the version is asked for in every usual way", () => {
  for (const words of ["version", "--version", "-v", "-V"]) {
    const invocation = parseArgv([words], true);
    assert.ok("command" in invocation && invocation.command.name === "version", words);
  }
});

test("options after run's command belong to that command", () => {
  const invocation = parseArgv(["run", "-a", "shop", "ls", "-a", "--json"], true);
  assert.ok("command" in invocation);
  assert.deepEqual(invocation.args, ["ls", "-a", "--json"]);
  assert.equal(invocation.options["app"], "shop");
});
