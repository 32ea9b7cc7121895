import assert from "node:assert/strict";
import { test } from "node:test";
import { exec } from "#lib/exec.ts";
import { commandLineOf, parseFormation, parsePairs, parseRelease } from "./words.ts";

test("a value is all that follows the first =", () => {
  assert.deepEqual(parsePairs(["URL=postgres://a?b=c", "EMPTY="]), {
    URL: "postgres://a?b=c",
    EMPTY: "",
  });
});

test("a word without a name or a = is refused", () => {
  assert.throws(() => parsePairs(["GREETING"]), { code: "invalid_input", message: /GREETING/ });
  assert.throws(() => parsePairs(["=x"]), { code: "invalid_input" });
});

test("a name that is there twice is refused, as only one of its values could count", () => {
  assert.throws(() => parsePairs(["A=1", "B=2", "A=3"]), {
    message: /^A is not valid: it is there twice/,
  });
});

test("a formation takes whole numbers only", () => {
  assert.deepEqual(parseFormation(["web=2", "worker=0"]), { web: 2, worker: 0 });
  for (const word of ["web=two", "web=-1", "web=1.5", "web="]) {
    assert.throws(() => parseFormation([word]), { code: "invalid_input", message: /web/ }, word);
  }
});

test("a release may be written with and without its v", () => {
  assert.equal(parseRelease("v12"), 12);
  assert.equal(parseRelease("3"), 3);
  assert.equal(parseRelease(undefined), null);
  assert.throws(() => parseRelease("v0"), { code: "invalid_input" });
});

test("a single word is a command line already", () => {
  assert.equal(commandLineOf(["echo $HOME | wc -c"]), "echo $HOME | wc -c");
});

test("several words reach the program as they were typed", async () => {
  const words = ["it's", "$HOME", "a b", "", "*", "new\nline", "`id`", '"', "\\"];
  const command = commandLineOf(["printf", "%s|", ...words]);
  assert.equal(await exec(["/bin/sh", "-c", command]), `${words.join("|")}|`);
});
