import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { changeConfig, BranchConfig, restoreConfig } from "./branch.ts";
import { isSameVar, withKnownSecrets } from "./config-var.ts";
import { PlatformError } from "./errors.ts";
import { Secret } from "./secret.ts";

const hidden = "[secret]";

test("a secret is written nowhere, however it is written, and only reveal opens it", () => {
  const secret = Secret.of("hunter2");
  const holder = { secret, list: [secret] };
  const written = [
    String(secret),
    ["", secret].join(""),
    JSON.stringify(holder),
    inspect(holder, { depth: 9, showHidden: true }),
    inspect(new Error("x", { cause: secret })),
    Object.values(secret).join(),
    JSON.stringify(Object.assign({}, secret)),
  ];
  for (const text of written) assert.doesNotMatch(text, /hunter2/);
  assert.equal(String(secret), hidden);
  assert.equal(JSON.stringify({ secret }), `{"secret":"${hidden}"}`);
  assert.equal(inspect(secret), hidden);
  assert.equal(secret.reveal(), "hunter2");
});

test("two secrets are the same when their values are, and a plain value is no secret", () => {
  assert.equal(isSameVar(Secret.of("a"), Secret.of("a")), true);
  assert.equal(isSameVar(Secret.of("a"), Secret.of("b")), false);
  assert.equal(isSameVar(Secret.of("a"), "a"), false);
  const known = Secret.of("a");
  const kept = withKnownSecrets({ A: Secret.of("a"), B: "b" }, { A: known, B: Secret.of("b") });
  assert.equal(kept["A"], known);
  assert.equal(kept["B"], "b");
});

test("a secret that cannot be read is the same as no other", () => {
  const problem = new PlatformError("secret_unreadable", { name: "A", problem: "x" });
  const lost = Secret.sealed("1", () => {
    throw problem;
  });
  assert.equal(isSameVar(lost, Secret.of("a")), false);
  assert.equal(isSameVar(lost, lost), true);
});

test("once a secret, always a secret, until it is unset", () => {
  const config = BranchConfig.parse({ env: { A: Secret.of("1"), B: "b" } });
  const changed = changeConfig(config, { env: { A: "2", B: "c" } });
  assert.ok(changed.env["A"] instanceof Secret);
  assert.equal(changed.env["A"].reveal(), "2");
  assert.equal(changed.env["B"], "c");
  const unset = changeConfig(changed, { env: { A: null } });
  assert.equal(changeConfig(unset, { env: { A: "3" } }).env["A"], "3");
  const older = BranchConfig.parse({ env: { A: "plain then", B: "b" } });
  assert.equal(String(restoreConfig(older, changed).env["A"]), hidden);
});
