import assert from "node:assert/strict";
import test from "node:test";
import { exec, ExecError } from "#lib/exec.ts";
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

test("where the kernel forbids user namespaces, that is told, with the line to type", async (t) => {
  const module = JSON.stringify(import.meta.resolve("./user-namespaces.ts"));
  // In a namespace of its own the same setting is its own, too.
  const script = `require("node:fs").writeFileSync("/proc/sys/user/max_user_namespaces", "0");
    import(${module}).then(async (it) => console.log(JSON.stringify(await it.findSandboxProblem())));`;
  const alone = [
    "unshare",
    "--user",
    "--map-root-user",
    process.execPath,
    "--eval",
    script,
  ] as const;
  const said = await exec(alone).catch((error: unknown) => {
    if (error instanceof ExecError && /EROFS|EACCES/.test(error.stderrTail)) return null;
    throw error;
  });
  if (said === null) return t.skip("settings of the kernel are closed here");
  const { problem, fix } = JSON.parse(said);
  assert.match(
    problem,
    /^user\.max_user_namespaces forbids user namespaces to ordinary users \(bwrap: /,
  );
  assert.match(fix, /^sysctl -w user\.max_user_namespaces=\d+ \(as root; for good: echo /);
});

test("a sandbox can be made here, as the tests need it", async () => {
  assert.equal(await findSandboxProblem(), null);
});
