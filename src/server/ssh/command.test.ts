import assert from "node:assert/strict";
import test from "node:test";
import { parseSshCommand } from "./command.ts";
import { splitWords } from "./words.ts";

test("git's commands name the app, with or without slash, .git and quotes", () => {
  const receive = { kind: "receive", app: "shop" };
  for (const path of ["'/shop.git'", "'shop'", "/shop", "shop.git", '"/shop/"', "//shop"]) {
    assert.deepEqual(parseSshCommand(`git-receive-pack ${path}`), receive, path);
    assert.deepEqual(parseSshCommand(`git receive-pack ${path}`), receive, path);
  }
  assert.deepEqual(parseSshCommand("git-upload-pack 'shop'"), { kind: "upload", app: "shop" });
});

test("what leads elsewhere stays as it is, for the name's own check to refuse", () => {
  const cases = {
    "git-receive-pack '../../etc'": "../../etc",
    "git-receive-pack '/a/../shop.git'": "a/../shop",
    "git-upload-pack '--upload-pack=id'": "--upload-pack=id",
    "git-receive-pack '$(id)'": "$(id)",
    "git-receive-pack": "",
  };
  for (const [text, app] of Object.entries(cases)) {
    const command = parseSshCommand(text);
    assert.equal(command.kind === "cli" ? null : command.app, app, text);
  }
});

test("everything else is for the CLI, and nothing at all asks for help", () => {
  assert.deepEqual(parseSshCommand(""), { kind: "cli", argv: ["help"] });
  assert.deepEqual(parseSshCommand("  \n"), { kind: "cli", argv: ["help"] });
  assert.deepEqual(parseSshCommand("git-upload-archive 'x'").kind, "cli");
  assert.deepEqual(parseSshCommand("releases -a shop"), {
    kind: "cli",
    argv: ["releases", "-a", "shop"],
  });
});

test("quotes and backslashes keep words together, and nothing is expanded", () => {
  const cases: Record<string, string[]> = {
    "a b  c\td\ne": ["a", "b", "c", "d", "e"],
    "config:set 'A=it is' B=\"two words\"": ["config:set", "A=it is", "B=two words"],
    "a'b c'd\"e f\"": ["ab cde f"],
    "one\\ word": ["one word"],
    "'a'\\''b'": ["a'b"],
    '"say \\"hi\\" \\\\ \\$x \\n"': ['say "hi" \\ $x \\n'],
    "'' x \"\"": ["", "x", ""],
    "$HOME `id` $(id) * ~ a;b a|b >c &": [
      "$HOME",
      "`id`",
      "$(id)",
      "*",
      "~",
      "a;b",
      "a|b",
      ">c",
      "&",
    ],
    "'two\nlines'": ["two\nlines"],
  };
  for (const [text, words] of Object.entries(cases)) assert.deepEqual(splitWords(text), words);
});

test("a long line of quotes is split in no time", () => {
  const startedMs = performance.now();
  splitWords(`${"'".repeat(50_001)}${'"'.repeat(50_001)}${"\\".repeat(50_001)}`);
  splitWords(`${"a'".repeat(50_000)}"`);
  assert.ok(performance.now() - startedMs < 2000, `${performance.now() - startedMs} ms`);
});
