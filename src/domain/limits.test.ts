import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLimits, renderSize } from "./limits.ts";

test("limits are parsed as people write them", () => {
  assert.deepEqual(parseLimits(["memory=512M", "cpu=0.5", "pids=200", "files=1024", "disk=2GiB"]), {
    memoryBytes: 512 * 1024 ** 2,
    cpuCores: 0.5,
    pids: 200,
    openFiles: 1024,
    diskBytes: 2 * 1024 ** 3,
  });
  assert.deepEqual(parseLimits(["memory=1.5g"]), { memoryBytes: 1.5 * 1024 ** 3 });
  assert.deepEqual(parseLimits(["memory=33554432"]), { memoryBytes: 33_554_432 });
  assert.deepEqual(parseLimits([]), {});
});

test("what is no limit is refused with what to write", () => {
  const refused = [
    ["memory", /write it as memory=512M/],
    ["memory=", /512M or 2G/],
    ["memory=lots", /512M or 2G/],
    ["memory=-1M", /512M or 2G/],
    ["memory=1M", /from 16M to 64T/],
    ["cpu=0", /from 0\.01 to 1024/],
    ["cpu=1e3", /1 or 0\.5/],
    ["pids=1.5", /whole number|from 8/],
    ["pids=20.5", /whole number/],
    ["ram=512M", /memory, cpu, pids, files, disk/],
    ["__proto__=1", /write it as/],
    ["constructor=1", /the limits are/],
  ] as const;
  for (const [word, message] of refused) {
    assert.throws(() => parseLimits([word]), { code: "limit_invalid", message }, word);
  }
});

test("sizes are shown in the unit that fits", () => {
  const shown = [0, 900, 1024, 1536, 512 * 1024 ** 2, 1.5 * 1024 ** 3, 1024 ** 4].map(renderSize);
  assert.deepEqual(shown, ["0", "900", "1K", "1.5K", "512M", "1536M", "1T"]);
});
