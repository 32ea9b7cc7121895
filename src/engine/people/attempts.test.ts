import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createAttempts } from "./attempts.ts";

test("the sixth wrong attempt must wait, each further one twice as long", () => {
  let nowMs = 0;
  const attempts = createAttempts(() => nowMs);
  const isHeldBack = () => {
    try {
      attempts.check("192.0.2.1");
      return false;
    } catch (error) {
      assert.equal((error as { code?: unknown }).code, "too_many_attempts");
      return true;
    }
  };
  for (let count = 0; count < 5; count += 1) {
    assert.ok(!isHeldBack());
    attempts.failed("192.0.2.1");
  }
  assert.ok(isHeldBack());
  nowMs += 1000;
  assert.ok(!isHeldBack());
  attempts.failed("192.0.2.1");
  nowMs += 1999;
  assert.ok(isHeldBack());
  nowMs += 1;
  assert.ok(!isHeldBack());
  attempts.check("192.0.2.2");
});

test("a network of IPv6 addresses counts as one peer", () => {
  const attempts = createAttempts(() => 0);
  for (let count = 0; count < 5; count += 1) attempts.failed(`2001:db8:1:2::${count}`);
  assert.throws(() => attempts.check("2001:db8:1:2:3:4:5:6"), { code: "too_many_attempts" });
  attempts.check("2001:db8:1:3::1");
});

test("guesses that are made side by side are no more than others", async () => {
  const attempts = createAttempts(() => 0);
  let looked = 0;
  const look = async () => {
    await setImmediate();
    return (looked += 1);
  };
  const guess = () => attempts.guess("192.0.2.1", look, () => true);
  const ends = await Promise.allSettled(Array.from({ length: 50 }, guess));
  assert.equal(looked, 5);
  assert.equal(ends.filter(({ status }) => status === "rejected").length, 45);
  await attempts.guess("192.0.2.2", look, () => false);
});
