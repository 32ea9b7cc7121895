import assert from "node:assert/strict";
import { test } from "node:test";
import { distinctKeys, parseAuthorizedKeys } from "./authorized-keys.ts";

/** A blob as OpenSSH writes it: the type, then bytes of the key. */
function blobOf(type: string, filling = "k"): string {
  const length = String.fromCharCode(0, 0, 0, type.length);
  return btoa(length + type + filling.repeat(32));
}

const ed25519 = `ssh-ed25519 ${blobOf("ssh-ed25519")}`;
const hardware = "sk-ssh-ed25519@openssh.com";

test("several keys, comments, blank lines, options and hardware keys are fine", () => {
  const text = [
    "# of ann",
    "",
    `${ed25519} ann@laptop with words`,
    `restrict,command="echo \\"a b\\"" ${hardware} ${blobOf(hardware)} token\r`,
    `ecdsa-sha2-nistp256 ${blobOf("ecdsa-sha2-nistp256")}`,
  ];
  const { keys, problems } = parseAuthorizedKeys("authorized_keys.d/ann.pub", text.join("\n"));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    keys.map(({ name, type }) => `${name} ${type}`),
    ["ann ssh-ed25519", `ann-2 ${hardware}`, "ann-3 ecdsa-sha2-nistp256"],
  );
  assert.equal(keys[1]?.blob, blobOf(hardware));
});

test("a broken line is left out with its number, and the others count", () => {
  const cut = `ssh-rsa ${blobOf("ssh-rsa").slice(0, 12)}`;
  const mixed = `ssh-rsa ${blobOf("ssh-ed25519")}`;
  const text = `${cut}\n${mixed}\nssh-rsa\nssh-rsa !!!!\n${ed25519}\n`;
  const { keys, problems } = parseAuthorizedKeys("k/ann", text);
  assert.equal(keys.length, 1);
  assert.deepEqual(
    problems.map(({ line }) => line),
    [1, 2, 3, 4],
  );
});

test("a private key is named as one, and nothing of it is taken or shown", () => {
  const text = `${ed25519}\n-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n`;
  const { keys, problems } = parseAuthorizedKeys("k/ann", text);
  assert.equal(keys.length, 0);
  assert.deepEqual(
    problems.map(({ line, problem }) => `${line} ${problem}`),
    ["2 this is a private key"],
  );
  assert.doesNotMatch(JSON.stringify(problems), /c2VjcmV0/);
});

test("a file whose name cannot name a key is refused", () => {
  const { keys, problems } = parseAuthorizedKeys("k/a b\n.pub", ed25519);
  assert.deepEqual(keys, []);
  assert.match(problems[0]?.problem ?? "", /"a b\\n" cannot name a key/);
});

test("a key counts once, and no two keys share a name", () => {
  const key = (name: string, blob: string, file: string) => ({ name, type: "t", blob, file });
  const all = [key("ann", "1", "a/ann"), key("ann", "2", "b/ann"), key("bob", "1", "b/bob")];
  assert.deepEqual(
    distinctKeys(all).map(({ name, blob }) => `${name} ${blob}`),
    ["ann 1", "ann-2 2"],
  );
});
