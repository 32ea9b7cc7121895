import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { operation, type Operation } from "#api/operation.ts";
import { assertGuarded } from "./admit.ts";

const spec = {
  id: "things.read",
  method: "GET",
  path: "/things/:app",
  summary: "Reads things.",
  params: z.strictObject({ app: z.string() }),
  result: z.object({}),
  errors: [],
} as const;

test("an operation whose permission is missing, unknown or about nothing is not served", () => {
  assertGuarded(operation({ ...spec, needs: "app:read" }));
  for (const needs of [undefined, "", "app", "app:", "everything:read"]) {
    // As a mistake would have it that the compiler did not see.
    const wrong = { ...operation({ ...spec, needs: "app:read" }), needs } as unknown as Operation;
    assert.throws(() => assertGuarded(wrong), /things\.read declares no permission/, String(needs));
  }
  const nameless = { ...spec, params: z.strictObject({ thing: z.string() }) };
  for (const needs of ["app:read", "team:read"] as const) {
    assert.throws(() => assertGuarded(operation({ ...nameless, needs })), /names none/);
  }
});
