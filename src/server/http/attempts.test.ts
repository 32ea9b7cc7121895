import assert from "node:assert/strict";
import { test } from "node:test";
import { createAttempts } from "./attempts.ts";
import { peerOf } from "./peer.ts";

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

test("a forwarded address is believed from trusted proxies only, and only what they saw", () => {
  const proxies = ["127.0.0.1", "10.0.0.0/8"];
  assert.equal(peerOf("::ffff:203.0.113.9", "198.51.100.1", proxies), "203.0.113.9");
  assert.equal(peerOf("127.0.0.1", "198.51.100.1", []), "127.0.0.1");
  assert.equal(peerOf("127.0.0.1", "6.6.6.6, 198.51.100.1", proxies), "198.51.100.1");
  assert.equal(peerOf("10.1.2.3", "198.51.100.1, 10.9.9.9", proxies), "198.51.100.1");
  assert.equal(peerOf("127.0.0.1", "not an address", proxies), "127.0.0.1");
  assert.equal(peerOf("127.0.0.1", undefined, proxies), "127.0.0.1");
});
