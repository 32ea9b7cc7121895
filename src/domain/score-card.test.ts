import assert from "node:assert/strict";
import test from "node:test";
import { instanceLimits } from "./limits.ts";
import { scoreLines, type AppSight, type InstanceSight, type Wanted } from "./score-card.ts";

const uid = 1_900_000_001;
const web: InstanceSight = {
  id: 7,
  processes: 3,
  uids: [uid],
  haveCapabilities: false,
  mayGainPrivileges: false,
  isFiltered: true,
  shared: [],
  writable: [],
  limits: { memory: instanceLimits.memoryBytes, cpu: 1, pids: 256, files: 8192 },
  environment: { uid: 0, mode: 0o600 },
};
const shop: AppSight = {
  hasOwnUser: true,
  uid,
  cache: { uid, mode: 0o700 },
  fence: { isWhole: true, knowsApp: true, isClosed: false },
  instances: [web],
};
const wanted: Wanted = {
  network: "open",
  instances: new Map([[7, { name: "web.1", limits: instanceLimits }]]),
  readableSecrets: [],
  secretCount: 1,
};

const missing = (seen: AppSight, asked = wanted) =>
  scoreLines(seen, asked).flatMap(({ name, holds, found }) =>
    holds === false ? [`${name}: ${found}`] : [],
  );

test("an app for which everything holds lacks nothing, and each line says what was seen", () => {
  assert.deepEqual(missing(shop), []);
  const lines = scoreLines(shop, wanted);
  assert.ok(lines.every(({ holds }) => holds === true));
  assert.deepEqual(
    lines.map(({ found }) => found),
    [
      `uid ${uid}`,
      "own namespaces",
      "read-only",
      "none",
      "no new privileges",
      "filtered",
      "at most 512M",
      "at most 1",
      "at most 256",
      "at most 8192",
      "fenced",
      "open",
      "a file without rights for others",
      "private",
      "1",
    ],
  );
});

test("each protection that is gone is told, with the instance that lacks it", () => {
  const cases: readonly [Partial<InstanceSight>, string][] = [
    [{ uids: [uid, 0] }, "user: web.1: runs as 0"],
    [{ shared: ["pid"] }, "sandbox: web.1: shares with the machine: pid"],
    [{ writable: ["/app"] }, "release: web.1: can write to /app"],
    [{ haveCapabilities: true }, "capabilities: web.1: has capabilities"],
    [{ mayGainPrivileges: true }, "privileges: web.1: could gain some"],
    [{ isFiltered: false }, "syscalls: web.1: no filter"],
    [{ limits: { ...web.limits, memory: null } }, "memory: web.1: no limit"],
    [{ limits: { ...web.limits, pids: 512 } }, "pids: web.1: 512 instead of 256"],
    [{ environment: { uid: 0, mode: 0o644 } }, "environment: web.1: others may read its file"],
    [{ environment: null }, "environment: web.1: its file is not there"],
  ];
  for (const [change, told] of cases) {
    assert.deepEqual(missing({ ...shop, instances: [{ ...web, ...change }] }), [told]);
  }
});

test("the fence, the network, the cache and the secrets are told of the app as a whole", () => {
  const whole = { isWhole: true, knowsApp: true, isClosed: false };
  assert.deepEqual(missing({ ...shop, fence: null }), ["fence: there is no fence"]);
  assert.deepEqual(missing({ ...shop, fence: { ...whole, isWhole: false } }), [
    "fence: rules of the fence are missing",
  ]);
  assert.deepEqual(missing(shop, { ...wanted, network: "closed" }), [
    "network: open instead of closed",
  ]);
  assert.deepEqual(missing({ ...shop, cache: { uid, mode: 0o755 } }), ["cache: others reach it"]);
  assert.deepEqual(missing(shop, { ...wanted, readableSecrets: ["KEY"] }), [
    "secrets: an older release shows KEY: choose new values",
  ]);
});

test("what does not run yet can neither hold nor lack anything", () => {
  const lines = scoreLines({ ...shop, cache: null, instances: [] }, wanted);
  const unknown = lines.filter(({ holds }) => holds === null).map(({ name }) => name);
  assert.deepEqual(
    lines.map(({ name }) => name).filter((name) => !unknown.includes(name)),
    ["fence", "network", "secrets"],
  );
});
