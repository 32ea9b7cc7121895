import assert from "node:assert/strict";
import { test } from "node:test";
import { BranchConfig } from "./branch.ts";
import { configDifferences } from "./code-changes.ts";
import { ProcessType } from "./process-type.ts";
import { Secret } from "./secret.ts";

const web = (count: number) => ({
  web: ProcessType.parse({ kind: "web", command: "serve", count }),
});

test("what differs is told with its values, in order of names", () => {
  const from = {
    config: BranchConfig.parse({ env: { B: "1", A: "same", C: "x" } }),
    processTypes: web(1),
  };
  const to = {
    config: BranchConfig.parse({ env: { B: "2", A: "same", D: "y" } }),
    processTypes: web(2),
  };
  assert.deepEqual(
    configDifferences(from, to).map(({ name, change, before, after }) => [
      name,
      change,
      before,
      after,
    ]),
    [
      ["B", "changed", "1", "2"],
      ["C", "removed", "x", null],
      ["D", "added", null, "y"],
      ["web", "changed", "1 x serve", "2 x serve"],
    ],
  );
});

test("a secret is told to differ, and its values to nobody", () => {
  const env = (KEY: string | Secret) => ({
    config: BranchConfig.parse({ env: { KEY } }),
    processTypes: {},
  });
  const changed = configDifferences(env("was plain"), env(Secret.of("hidden")));
  assert.deepEqual(changed, [
    { of: "config var", name: "KEY", change: "changed", secret: true, before: null, after: null },
  ]);
  assert.deepEqual(configDifferences(env(Secret.of("same")), env(Secret.of("same"))), []);
});
