import assert from "node:assert/strict";
import test from "node:test";
import { parseTree, refuseTree } from "./tree.ts";

const file = (path: string, sizeBytes = 1, mode = "100644") => ({ mode, sizeBytes, path });

test("the listing of a tree is read whole, whatever stands in its paths", () => {
  const hash = "a".repeat(40);
  const lines = [
    `100644 blob ${hash}     12\tserver.js`,
    `100755 blob ${hash} 1048576\tbin/tab\there`,
    `120000 blob ${hash}      6\tline\nend`,
    `160000 commit ${hash}       -\tlibrary`,
  ];
  assert.deepEqual(parseTree(lines.map((line) => `${line}\0`).join("")), [
    file("server.js", 12),
    file("bin/tab\there", 1_048_576, "100755"),
    file("line\nend", 6, "120000"),
    file("library", 0, "160000"),
  ]);
});

test("ordinary trees are taken, with links, spaces, unicode and dots", () => {
  const paths = ["Procfile", ".gitignore", "a b/ü.js", "..data/...", ".github/x", "-rf", "a.git/b"];
  const entries = [...paths.map((path) => file(path)), file("link", 9, "120000")];
  assert.doesNotThrow(() => refuseTree(entries));
});

test("a path that leads elsewhere or hides on a terminal is refused by its name", () => {
  const cases = {
    "../x": /"\.\.\/x"/,
    "a/../../x": /is not a plain relative path/,
    "/etc/passwd": /is not a plain relative path/,
    "a//b": /is not a plain relative path/,
    "./a": /is not a plain relative path/,
    ".git/config": /leads out of the tree/,
    "sub/.GIT/hooks/x": /leads out of the tree/,
    "..": /leads out of the tree/,
    "a\nb": /"a\\nb" holds a control character/,
    "a\x1b[2Jb": /"a\\u001b\[2Jb" holds a control character/,
    "sub/git~1/config": /leads out of the tree/,
    ".g\u200Cit/config": /leads out of the tree/,
    ".git . ./config": /leads out of the tree/,
    ".git::$INDEX_ALLOCATION/config": /leads out of the tree/,
    "a\u009bb": /holds a control character/,
    "a\u202Etxt.exe": /holds a control character/,
    "a\uFFFDb": /is not UTF-8/,
    [`${"d/".repeat(100)}f`]: /lies more than 100 folders deep/,
    [`a/${"ü".repeat(128)}`]: /has a name longer than 255 bytes/,
    ["ü".repeat(513)]: /is longer than 1024 bytes/,
  };
  for (const [path, message] of Object.entries(cases)) {
    assert.throws(() => refuseTree([file("ok"), file(path)]), { code: "tree_refused", message });
  }
});

test("what git lists in a form that is not known is refused, not passed over", () => {
  const refused = { code: "tree_refused" };
  for (const line of ["100644 blob abc\tx", "nonsense", `100644 blob ${"a".repeat(40)} 1\t`])
    assert.throws(() => parseTree(`${line}\0`), refused, line);
  const mode = { code: "tree_refused", message: /"x" has the odd mode 060644/ };
  assert.throws(() => refuseTree([file("x", 1, "060644")]), mode);
});

test("a submodule is refused, because its folder would stay empty", () => {
  const entries = [file("ok"), file("lib/theirs", 0, "160000")];
  const message = /"lib\/theirs" is a submodule, which Berth does not fetch; commit its files/;
  assert.throws(() => refuseTree(entries), { code: "tree_refused", message });
});

test("more files or bytes than a build should meet are refused with both numbers", () => {
  const many = Array.from({ length: 200_001 }, (_, index) => file(`f${index}`));
  assert.throws(() => refuseTree(many), /200001 files; 200000 are allowed/);
  assert.doesNotThrow(() => refuseTree(many.slice(1)));
  const large = [file("a", 2 ** 32), file("b", 1)];
  assert.throws(() => refuseTree(large), /4294967297 bytes; 4294967296 are allowed/);
});
