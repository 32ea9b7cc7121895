import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { LightFirst } from "./light-first.ts";

test("an app that uses much stands behind those that use little, until it has used little for a while", () => {
  const world = machineOf(2, { hog: 1, well: 0.1, calm: 0 });
  world.lookFor(1500);
  assert.deepEqual(world.behind(), ["hog"]);
  world.cores.hog = 0.1;
  world.lookFor(9000);
  assert.deepEqual(world.behind(), ["hog"]);
  world.lookFor(2000);
  assert.deepEqual(world.behind(), []);
});

test("within a third of a second it stands there", () => {
  const world = machineOf(2, { hog: 0, well: 0.1 });
  world.lookFor(5000);
  assert.deepEqual(world.behind(), []);
  world.cores.hog = 1.5;
  world.lookFor(350);
  assert.deepEqual(world.behind(), ["hog"]);
});

test("one that uses much for a moment now and then stays in front", () => {
  const world = machineOf(2, { hog: 1, well: 0.1 });
  world.lookFor(1500);
  for (let second = 0; second < 20; second += 1) {
    world.cores.well = 1;
    world.lookFor(100);
    world.cores.well = 0.05;
    world.lookFor(900);
  }
  assert.deepEqual(world.behind(), ["hog"]);
});

test("while no app does anything it is looked once a second, and a hog has no longer than that", () => {
  const world = machineOf(2, { hog: 0 });
  world.lookFor(10_000);
  assert.ok(world.looks() <= 12, `${world.looks()} looks`);
  world.cores.hog = 1.5;
  world.lookFor(1100);
  assert.deepEqual(world.behind(), ["hog"]);
});

test("while all apps together use little none stands behind", () => {
  const world = machineOf(2, { one: 0.1, other: 0.1 });
  world.lookFor(2000);
  assert.deepEqual(world.behind(), []);
});

test("whoever stands in front leaves its equal share to each that stands behind, whatever apps do", () => {
  const many = (count: number, cores: number) => Array.from({ length: count }, () => cores);
  const machines: [processors: number, used: number[]][] = [
    [1, [0.6, 0.3]],
    [2, [1, 0.1]],
    [2, [0.9, 0.9, 0.1]],
    [2, [...many(50, 0.03), 0.4]],
    [2, many(60, 0.02)],
    [16, [...many(8, 1), ...many(20, 0.3)]],
    [16, many(100, 0.15)],
  ];
  for (const [processors, used] of machines) {
    const world = machineOf(processors, Object.fromEntries(used.entries()));
    world.lookFor(2000);
    const behind = new Set(world.behind());
    const front = used.filter((_, at) => !behind.has(String(at)));
    const left = processors - front.reduce((sum, it) => sum + it, 0);
    const share = Math.min(1, processors / used.length);
    assert.ok(
      left >= processors / 4 - 1e-6 && left >= behind.size * share - 1e-6,
      `${processors} processors: ${left} left of ${used.join(", ")}`,
    );
  }
});

test("one that uses some stays in front where another one uses more than twice as much", () => {
  const world = machineOf(2, { hog: 1, well: 0.45, calm: 0 });
  world.lookFor(5000);
  assert.deepEqual(world.behind(), ["hog"]);
  world.cores.hog = 0;
  world.lookFor(5000);
  assert.deepEqual(world.behind(), ["hog"]);
});

test("one that stands behind comes to the front at once when a heavier one begins", () => {
  const world = machineOf(4, { hog: 0, well: 0.6 });
  world.lookFor(5000);
  assert.deepEqual(world.behind(), ["well"]);
  world.cores.hog = 1.9;
  world.lookFor(1000);
  assert.deepEqual(world.behind(), ["hog"]);
});

test("where other programs use most of the machine nobody stands behind for a while, who would get nothing there", () => {
  const world = machineOf(2, { hog: 0.9, well: 0.1 });
  world.lookFor(1500);
  assert.deepEqual(world.behind(), ["hog"]);
  world.others = 2;
  world.lookFor(500);
  assert.deepEqual(world.behind(), ["hog"]);
  world.lookFor(5000);
  assert.deepEqual(world.behind(), []);
  world.others = 1;
  world.lookFor(9000);
  assert.deepEqual(world.behind(), []);
  world.lookFor(3000);
  assert.deepEqual(world.behind(), ["hog"]);
});

test("one that was left behind by a berthd that is gone comes back", () => {
  const world = machineOf(2, { left: 0.01 }, ["left"]);
  assert.deepEqual(world.behind(), ["left"]);
  world.lookFor(11_000);
  assert.deepEqual(world.behind(), []);
});

test("an app that is gone is forgotten", () => {
  const world = machineOf(2, { hog: 1, well: 0.1 });
  world.lookFor(1500);
  delete world.cores.hog;
  world.lookFor(1500);
  world.cores.hog = 0.1;
  world.lookFor(1500);
  assert.deepEqual(world.behind(), []);
});

test("whoever stands behind has processors of its own while there are any, and all again later", () => {
  const world = machineOf(4, { one: 1, other: 1, well: 0.1 });
  world.lookFor(1500);
  assert.equal(world.kept.get("one"), "3");
  assert.equal(world.kept.get("other"), "2");
  world.cores.one = 0;
  world.lookFor(12_000);
  assert.equal(world.kept.get("one"), "0,1,2,3");
  assert.equal(world.kept.get("other"), "2");
});

test("one that a berthd which is gone kept to some is given others, or all", () => {
  const world = machineOf(2, { one: 1, other: 1 }, ["one", "other"]);
  world.lookFor(600);
  assert.equal(world.kept.get("one"), "1");
  assert.equal(world.kept.get("other"), "0,1");
});

test("whoever uses much has the processors of one that does no longer", () => {
  const world = machineOf(2, { one: 1, other: 0, well: 0.1 });
  world.lookFor(1500);
  [world.cores.one, world.cores.other] = [0, 1];
  world.lookFor(1500);
  assert.deepEqual(world.behind(), ["one", "other"]);
  assert.equal(world.kept.get("one"), "0,1");
  assert.equal(world.kept.get("other"), "1");
  assert.equal(world.kept.get("well"), "0,1");
});

test("one that prints much stands behind, however little it uses, until it prints less", () => {
  const world = machineOf(2, { hog: 0.25, well: 0.1 });
  world.lookFor(5000);
  assert.deepEqual(world.behind(), []);
  world.logged.hog = 0.2;
  world.lookFor(1000);
  assert.deepEqual(world.behind(), ["hog"]);
  assert.equal(world.kept.get("hog"), "1");
  world.lookFor(20_000);
  assert.deepEqual(world.behind(), ["hog"]);
  world.logged.hog = 0.05;
  world.cores.hog = 0.1;
  world.lookFor(11_000);
  assert.deepEqual(world.behind(), []);
});

test("where there are too few for all, the others run everywhere", () => {
  const world = machineOf(2, { one: 1, other: 1, well: 0.1 });
  world.lookFor(2500);
  assert.equal(world.kept.get("one"), "1");
  assert.equal(world.kept.get("other") ?? "0,1", "0,1");
});

test("a berthd that begins lets all run everywhere, wherever the one before kept them", () => {
  const world = machineOf(2, { well: 0 });
  assert.deepEqual([...world.kept], [["well", "0,1"]]);
});

/** A machine with apps, each of which uses so many processors. */
function machineOf(
  processors: number,
  cores: Record<string, number>,
  left: readonly string[] = [],
) {
  let nowMs = 0;
  const used = new Map<string, number>();
  const behind = new Set(left);
  const kept = new Map<string, string>();
  let looks = 0;
  const behindNow = () => [...behind];
  /** What the loggers of apps use of that. */
  const logged: Record<string, number> = {};
  const loggersOf = (name: string) => `loggers of ${name}`;
  const world = { cores, logged, kept, others: 0, behind: behindNow, looks: () => looks, lookFor };
  const sum = () => Object.values(world.cores).reduce((all, it) => all + it, 0);
  const usedMs = (name: string) => used.get(name) ?? 0;
  const counts = {
    apps: () => Object.keys(world.cores),
    usedMs,
    loggedMs: (name: string) => usedMs(loggersOf(name)),
    isBehind: (name: string) => behind.has(name),
    setBehind: (name: string, is: boolean) => void (is ? behind.add(name) : behind.delete(name)),
    coresMax: () => 1,
    processors: Array.from({ length: processors }, (_, at) => at),
    keepTo: (name: string, numbers: readonly number[]) => void kept.set(name, numbers.join()),
  };
  const clock = mock.method(performance, "now", () => nowMs);
  const apps = new LightFirst(counts, processors);
  clock.mock.restore();
  let waitMs = 0;
  function lookFor(ms: number): void {
    using _ = mockedClock();
    for (const endMs = nowMs + ms; nowMs < endMs;) {
      const stepMs = Math.min(10, endMs - nowMs);
      nowMs += stepMs;
      waitMs -= stepMs;
      const loggers = Object.entries(logged).map(([name, rate]) => [loggersOf(name), rate]);
      const apart = Object.fromEntries(loggers) as Record<string, number>;
      const all = { ...world.cores, ...apart, ".": sum(), "/": sum() + world.others };
      for (const [name, rate] of Object.entries(all)) used.set(name, usedMs(name) + rate * stepMs);
      for (const name of behind) if (!(name in world.cores)) behind.delete(name);
      if (waitMs > 0) continue;
      waitMs = apps.look();
      looks += 1;
    }
  }
  function mockedClock(): Disposable {
    const it = mock.method(performance, "now", () => nowMs);
    // What it costs is a matter of the machine on which the test runs.
    const cost = mock.method(process, "threadCpuUsage", () => ({ user: 0, system: 0 }));
    return { [Symbol.dispose]: () => (it.mock.restore(), cost.mock.restore()) };
  }
  return world;
}
