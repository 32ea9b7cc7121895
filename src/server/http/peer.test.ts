import assert from "node:assert/strict";
import { test } from "node:test";
import { peerOf } from "./peer.ts";

test("a forwarded address is believed from trusted proxies only, and only what they saw", () => {
  const proxies = ["127.0.0.1", "10.0.0.0/8"];
  assert.equal(peerOf("::ffff:203.0.113.9", "198.51.100.1", proxies), "203.0.113.9");
  assert.equal(peerOf("127.0.0.1", "198.51.100.1", []), "127.0.0.1");
  assert.equal(peerOf("127.0.0.1", "6.6.6.6, 198.51.100.1", proxies), "198.51.100.1");
  assert.equal(peerOf("10.1.2.3", "198.51.100.1, 10.9.9.9", proxies), "198.51.100.1");
  assert.equal(peerOf("127.0.0.1", "not an address", proxies), "127.0.0.1");
  assert.equal(peerOf("127.0.0.1", undefined, proxies), "127.0.0.1");
});
