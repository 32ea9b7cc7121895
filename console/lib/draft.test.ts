import assert from "node:assert/strict";
import { test } from "node:test";
import { changedOf, emptied, shownOf, withoutSent, withRefused, withSent } from "./draft.ts";

type Values = Readonly<Record<"memory" | "cpu", string>>;
const holds: Values = { memory: "", cpu: "1" };
const typed = { typed: { memory: "96" } satisfies Partial<Values>, sent: [] };

test("what was sent is shown until it holds, and is not sent again", () => {
  const sent = withSent<Values>(typed, 1, { memory: "96" });
  assert.deepEqual(shownOf(holds, sent), { memory: "96", cpu: "1" });
  assert.deepEqual(changedOf(holds, sent), {});
  const held = withoutSent(sent, 1);
  assert.deepEqual(shownOf({ ...holds, memory: "96" }, held), { memory: "96", cpu: "1" });
});

test("what is typed while something takes hold differs from that, not from what held before", () => {
  const sent = withSent<Values>(typed, 1, { memory: "96" });
  const again = { ...sent, typed: { memory: "" } };
  assert.deepEqual(changedOf(holds, again), { memory: "" });
  const second = withSent(again, 2, { memory: "" });
  assert.deepEqual([shownOf(holds, second).memory, changedOf(holds, second)], ["", {}]);
  assert.equal(shownOf({ ...holds, memory: "96" }, withoutSent(second, 1)).memory, "");
});

test("what is typed beside what is sent stays", () => {
  const more = { typed: { memory: "96", cpu: "2" }, sent: [] };
  assert.deepEqual(withSent<Values>(more, 1, { memory: "96" }).typed, { cpu: "2" });
});

test("what was refused can be sent again, corrected", () => {
  const refused = withRefused(withSent<Values>(typed, 1, { memory: "96" }), 1);
  assert.deepEqual(refused, typed);
  const meanwhile = { ...withSent<Values>(typed, 1, { memory: "96" }), typed: { memory: "128" } };
  assert.deepEqual(withRefused(meanwhile, 1).typed, { memory: "128" });
});

test("what somebody else changes is shown where nothing was typed", () => {
  assert.deepEqual(shownOf({ memory: "64", cpu: "4" }, typed), { memory: "96", cpu: "4" });
});

test("a field is emptied of what was taken, not of what was typed since", () => {
  assert.deepEqual([emptied("one")("one"), emptied("one")("two")], ["", "two"]);
});
