import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { operation } from "#api/operation.ts";
import type { AuditEntry } from "#domain/audit.ts";
import { fullAccess } from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";
import type { People } from "#engine/people/people.ts";
import { audited } from "./audited.ts";

const params = z.strictObject({ app: z.string() });
const declared = { method: "POST", summary: "", result: z.any(), errors: [] } as const;
const add = operation({
  ...declared,
  id: "things.add",
  path: "/apps/:app/things",
  params,
  body: z.strictObject({ name: z.string(), address: z.string(), password: z.string() }),
  needs: "app:admin",
});
const set = operation({
  ...declared,
  id: "vars.set",
  path: "/apps/:app/vars",
  params,
  body: z.record(z.string(), z.string().nullable()),
  needs: "app:configure",
});

test("what was given is noted without texts that have no form, and without values of vars", async () => {
  const body = {
    name: "ops",
    address: "https://ann:s3cret@hooks.example/T0/s3cret",
    password: "s3cret",
  };
  const noted = await noteOf(add, body, async () => "done");
  assert.deepEqual(noted.input, { name: "[hidden]", address: "[hidden]", password: "[hidden]" });
  const vars = await noteOf(set, { app: "s3cret", TOKEN: "s3cret", OLD: null }, async () => "");
  assert.deepEqual(vars.input, { app: "[hidden]", TOKEN: "[hidden]", OLD: null });
  assert.equal(vars.target, "shop");
  assert.ok(!JSON.stringify([noted, vars]).includes("s3cret"));
});

test("what differs afterwards is noted as it was and as it is", async () => {
  const noted = await noteOf(add, { name: "a", address: "b", password: "c" }, async () => "");
  assert.deepEqual([noted.before, noted.after], [{ mode: "serving" }, { mode: "stopped" }]);
  assert.deepEqual([noted.outcome, noted.actor, noted.address], ["done", "ann", "192.0.2.1"]);
});

test("a refusal and a failure are noted as what they are", async () => {
  const body = { name: "a", address: "b", password: "c" };
  const denied = new PlatformError("not_permitted", { actor: "ann" });
  for (const [error, outcome, code] of [
    [denied, "refused", "not_permitted"],
    [new PlatformError("stopping"), "failed", "stopping"],
    [new Error("ours"), "failed", "internal"],
  ] as const) {
    const noted = await noteOf(add, body, () => Promise.reject(error));
    assert.deepEqual([noted.outcome, noted.code], [outcome, code]);
  }
});

async function noteOf(
  declaration: typeof add | typeof set,
  body: object,
  work: () => Promise<unknown>,
): Promise<Omit<AuditEntry, "id" | "at">> {
  const facts = [
    { app: { is: "shop" }, mode: { is: "serving" } },
    { app: { is: "shop" }, mode: { is: "stopped" } },
  ];
  const notes: Omit<AuditEntry, "id" | "at">[] = [];
  const people = {
    facts: () => facts.shift() ?? {},
    ownerOf: () => ({ appId: 1, teamId: 2 }),
    note: (entry: Omit<AuditEntry, "id" | "at">) => void notes.push(entry),
  } as unknown as People;
  const caller = {
    kind: "user",
    actor: "ann",
    userId: "u",
    sessionId: null,
    door: "api",
    address: "192.0.2.1",
    access: fullAccess,
  } as const;
  const call = { caller, params: { app: "shop" }, query: {}, body };
  await audited(declaration, call, { people, work }).catch(() => {});
  const [noted] = notes;
  assert.ok(noted);
  return noted;
}
