import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { shownFacts } from "./shown.ts";

const Name = z.string().regex(/^[a-z]+$/);

test("numbers, yes or no, words out of a list and texts of a form are shown; other texts are not", () => {
  const schema = z.strictObject({
    count: z.int(),
    force: z.boolean(),
    kind: z.enum(["a", "b"]),
    name: Name.optional(),
    note: z.string().max(10),
    either: z.union([Name, z.string()]),
    none: z.string().nullable(),
    usual: z.string().nullable().default(null),
  });
  const value = { count: 2, force: true, kind: "a", name: "ann", note: "x", either: "ann" };
  assert.deepEqual(shownFacts(schema, { ...value, none: null, usual: null }), {
    count: 2,
    force: true,
    kind: "a",
    name: "ann",
    note: "[hidden]",
    either: "[hidden]",
    none: null,
  });
});

test("what stands within something is told by both names, limits in people's own words", () => {
  const schema = z.strictObject({
    scope: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("app") }),
      z.strictObject({ kind: z.literal("type"), processType: Name }),
    ]),
    limits: z.strictObject({
      memoryBytes: z.int(),
      cpuCores: z.number(),
      diskBytes: z.int().nullable(),
    }),
    events: z.array(Name),
    texts: z.array(z.string()),
  });
  const limits = { memoryBytes: 512 * 1024 ** 2, cpuCores: 0.5, diskBytes: null };
  const scope = { kind: "type", processType: "web" };
  assert.deepEqual(shownFacts(schema, { scope, limits, events: ["a", "b"], texts: ["a"] }), {
    scope: "type",
    "scope.processType": "web",
    "limits.memory": "512M",
    "limits.cpu": "0.5",
    "limits.disk": null,
    events: "a, b",
    texts: "[hidden]",
  });
});

test("of a record the names are told, and of its values what they may be", () => {
  const counts = z.record(Name, z.int());
  assert.deepEqual(shownFacts(counts, { web: 2 }), { web: 2 });
  const vars = z.record(Name, z.union([z.string(), z.strictObject({ secret: z.string() })]));
  assert.deepEqual(shownFacts(vars, { a: "x", b: { secret: "y" } }), {
    a: "[hidden]",
    "b.secret": "[hidden]",
  });
  assert.deepEqual(shownFacts(z.any(), { a: "x" }), { a: "[hidden]" });
});
