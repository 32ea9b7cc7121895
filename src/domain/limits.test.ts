import assert from "node:assert/strict";
import { test } from "node:test";
import { notesOnLimits } from "./limit-notes.ts";
import { instanceLimits, parseLimits, renderSize, type LimitName } from "./limits.ts";

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

test("what a machine cannot give is told of limits that somebody chose, and of nothing else", () => {
  const gibi = 1024 ** 3;
  const machine = {
    cores: 2,
    memoryTotalBytes: 8 * gibi,
    diskTotalBytes: 100 * gibi,
    unlimited: [],
  };
  const limits = { ...instanceLimits, memoryBytes: 7 * gibi, cpuCores: 4, diskBytes: 50 * gibi };
  const notes = (isBuild: boolean, chosen: readonly LimitName[]) =>
    notesOnLimits({ isBuild, limits, chosen }, machine);
  assert.deepEqual(notes(false, ["memory", "cpu", "pids", "disk"]), [
    "memory=7G is more than there is: an app has at most 6G of this machine's 8G.",
    "cpu=4 is more than there is: this machine has 2.",
    "disk=50G is more than there is: /tmp and home are memory, and an app has at most 6G of this machine's 8G.",
  ]);
  assert.deepEqual(notes(true, ["disk"]), []);
  assert.deepEqual(notes(false, []), []);
  const free = notesOnLimits(
    { isBuild: false, limits, chosen: ["memory", "disk"] },
    { ...machine, diskTotalBytes: 0, unlimited: ["memory", "cpu"] },
  );
  assert.match(free[0] ?? "", /^memory is not enforced: .* See berth status$/);
  assert.match(free[1] ?? "", /^disk=50G is more/);
  const fitting = { ...limits, memoryBytes: 6 * gibi, cpuCores: 2 };
  const chosen = ["memory", "cpu"] as const;
  assert.deepEqual(notesOnLimits({ isBuild: false, limits: fitting, chosen }, machine), []);
});

test("sizes are shown in the unit that fits", () => {
  const shown = [0, 900, 1024, 1536, 512 * 1024 ** 2, 1.5 * 1024 ** 3, 1024 ** 4].map(renderSize);
  assert.deepEqual(shown, ["0", "900", "1K", "1.5K", "512M", "1536M", "1T"]);
});
