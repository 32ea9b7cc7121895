import assert from "node:assert/strict";
import test from "node:test";
import { explainSandboxProblem, findSandboxProblem } from "./user-namespaces.ts";

test("the setting that forbids sandboxes is named, with the line that allows them", () => {
  const allowed = {
    "user.max_user_namespaces": "96365\n",
    "kernel.unprivileged_userns_clone": "1\n",
    "kernel.apparmor_restrict_unprivileged_userns": "0\n",
  };
  const cases = {
    "user.max_user_namespaces": ["0\n", /sysctl -w user\.max_user_namespaces=15000/],
    "kernel.unprivileged_userns_clone": ["0\n", /sysctl -w kernel\.unprivileged_userns_clone=1/],
    "kernel.apparmor_restrict_unprivileged_userns": [
      "1\n",
      /sysctl -w kernel\.apparmor_restrict_unprivileged_userns=0.*sysctl\.d/,
    ],
  } as const;
  for (const [name, [value, fix]] of Object.entries(cases)) {
    const found = explainSandboxProblem("bwrap: No permissions", { ...allowed, [name]: value });
    assert.match(found.problem, new RegExp(`^${name} forbids .*bwrap: No permissions`));
    assert.match(found.fix, fix);
  }
  assert.equal(explainSandboxProblem("bwrap: odd", allowed).problem, "bwrap: odd");
  assert.equal(explainSandboxProblem("bwrap: odd", {}).problem, "bwrap: odd");
});

test("a sandbox can be made here, as the tests need it", async () => {
  assert.equal(await findSandboxProblem(), null);
});
