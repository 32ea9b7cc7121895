import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instance } from "#domain/instance.ts";
import { instance, moment } from "../../../test/factories.ts";
import { planFormation, type Situation, type Step } from "./formation.ts";
import type { WantedType } from "./wanted.ts";

const { spec } = instance();
const wanted = (processType: string, specHash: string, count: number): WantedType => ({
  processType,
  specHash,
  count,
  spec,
});
const situation = (overrides: Partial<Situation>): Situation => ({
  mode: "serving",
  current: [],
  candidate: [],
  instances: [],
  now: new Date(moment.getTime() + 1000),
  ...overrides,
});

test("what is missing is started under the lowest free numbers", () => {
  const steps = planFormation(
    situation({
      current: [wanted("web", "a", 3)],
      instances: [instance({ id: 7, index: 2, specHash: "a" })],
    }),
  );
  assert.deepEqual(
    steps.map((step) => (step.do === "start" ? step.index : step)),
    [1, 3],
  );
});

test("a candidate comes up beside the current release", () => {
  const steps = planFormation(
    situation({
      current: [wanted("web", "old", 1)],
      candidate: [wanted("web", "new", 1)],
      instances: [instance({ id: 7, specHash: "old" })],
    }),
  );
  assert.deepEqual(
    steps.map((step) => step.do === "start" && step.wanted.specHash),
    ["new"],
  );
});

test("what is held keeps only what the candidate wants, what is stopped nothing", () => {
  const held = { current: [wanted("web", "old", 1)], candidate: [wanted("web", "new", 1)] };
  const instances = [instance({ id: 1, specHash: "old" }), instance({ id: 2, specHash: "new" })];
  const of = (mode: Situation["mode"]) => planFormation(situation({ ...held, mode, instances }));
  assert.deepEqual(of("held"), [{ do: "retire", instance: 1 }]);
  assert.deepEqual(of("stopped").length, 2);
});

test("one that is being restarted leaves only when its successor has been healthy for a while", () => {
  const old = instance({ id: 1, specHash: "a", retiringAt: moment });
  const young = instance({ id: 2, specHash: "a", healthyAt: null });
  const current = [wanted("web", "a", 1)];
  assert.deepEqual(planFormation(situation({ current, instances: [old, young] })), []);
  const healthy = { ...young, healthyAt: moment };
  const instances = [old, healthy];
  assert.deepEqual(planFormation(situation({ current, instances })), [
    { do: "retire", instance: 1 },
  ]);
  const justNow = new Date(moment.getTime() + 100);
  assert.deepEqual(planFormation(situation({ current, instances, now: justNow })), []);
});

const tries = 3000;

test("planning again after applying gives no steps, now and when all are healthy", () => {
  forAll((before) => {
    const applied = apply(before, planFormation(before));
    assert.deepEqual(planFormation(applied), []);
    const instances = applied.instances.map((it) => ({ ...it, healthyAt: moment }));
    const healthy = { ...applied, instances };
    const calm = apply(healthy, planFormation(healthy));
    assert.deepEqual(planFormation(calm), []);
    assert.ok(living(calm).every((it) => it.retiringAt === null));
  });
});

test("there are as many of each spec as are wanted, and none that nobody wants", () => {
  forAll((before) => {
    const after = living(apply(before, planFormation(before))).filter((it) => !it.retiringAt);
    const counts = countsOf(before);
    for (const [key, count] of counts) {
      assert.equal(after.filter((it) => keyOf(it) === key).length, count);
    }
    assert.ok(after.every((it) => counts.has(keyOf(it))));
    const names = after.map((it) => `${keyOf(it)}.${it.index}`);
    assert.equal(new Set(names).size, names.length);
  });
});

test("a healthy instance that is wanted leaves only if enough healthy others stay", () => {
  forAll((before) => {
    const retired = retiredBy(planFormation(before));
    const stay = living(before).filter((it) => !retired.has(it.id) && it.healthyAt !== null);
    for (const [key, count] of countsOf(before)) {
      const leaves = living(before).some(
        (it) => keyOf(it) === key && it.healthyAt !== null && retired.has(it.id),
      );
      if (leaves) assert.ok(stay.filter((it) => keyOf(it) === key).length >= count);
    }
  });
});

test("what drains already is let alone", () => {
  forAll((before) => {
    const retired = retiredBy(planFormation(before));
    assert.ok(before.instances.every((it) => it.drainingAt === null || !retired.has(it.id)));
  });
});

test("the order of what goes in does not matter", () => {
  forAll((before, random) => {
    const shuffled = {
      ...before,
      current: shuffle(before.current, random),
      candidate: shuffle(before.candidate, random),
      instances: shuffle(before.instances, random),
    };
    const inOrder = (steps: readonly Step[]) => steps.map((it) => JSON.stringify(it)).toSorted();
    assert.deepEqual(inOrder(planFormation(shuffled)), inOrder(planFormation(before)));
  });
});

type Random = (below: number) => number;

function forAll(law: (situation: Situation, random: Random) => void): void {
  for (let seed = 1; seed <= tries; seed += 1) {
    const random = randomOf(seed);
    const before = anySituation(random);
    try {
      law(before, random);
    } catch (error) {
      throw new Error(`seed ${seed}: ${JSON.stringify(before)}`, { cause: error });
    }
  }
}

/** A linear congruential generator: the same numbers for the same seed. */
function randomOf(seed: number): Random {
  let state = (seed * 2_654_435_761) % 2 ** 32;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function anySituation(random: Random): Situation {
  const types = (hashes: readonly string[]) =>
    ["web", "worker"]
      .filter(() => random(4) > 0)
      .map((name) => wanted(name, hashes[random(hashes.length)] ?? "", random(4)));
  const instances = Array.from({ length: random(8) }, (_, id) =>
    instance({
      id,
      processType: ["web", "worker", "gone"][random(3)] ?? "",
      specHash: ["a", "b", "c"][random(3)] ?? "",
      index: 1 + random(4),
      healthyAt: random(2) > 0 ? moment : null,
      retiringAt: random(4) > 0 ? null : moment,
      drainingAt: random(5) > 0 ? null : moment,
    }),
  );
  const mode = (["serving", "serving", "held", "stopped"] as const)[random(4)] ?? "serving";
  const distinct = instances.filter(
    (it, at) => instances.findIndex((other) => nameOf(other) === nameOf(it)) === at,
  );
  const now = new Date(moment.getTime() + 1000);
  const wantedNow = { current: types(["a", "b"]), candidate: types(["a", "c"]) };
  return { mode, ...wantedNow, instances: distinct, now };
}

function apply(before: Situation, steps: readonly Step[]): Situation {
  const retired = retiredBy(steps);
  const kept = before.instances.map((it) =>
    retired.has(it.id) ? { ...it, drainingAt: moment } : it,
  );
  const added = steps.flatMap((step, at) => {
    if (step.do !== "start") return [];
    const { processType, specHash } = step.wanted;
    const id = 1000 + before.instances.length + at;
    return [instance({ id, processType, specHash, index: step.index, healthyAt: null })];
  });
  return { ...before, instances: [...kept, ...added] };
}

function retiredBy(steps: readonly Step[]): Set<number> {
  return new Set(steps.flatMap((step) => (step.do === "retire" ? [step.instance] : [])));
}

function living({ instances }: Situation): Instance[] {
  return instances.filter((it) => it.drainingAt === null);
}

function keyOf({ processType, specHash }: Pick<Instance, "processType" | "specHash">): string {
  return `${processType} ${specHash}`;
}

function nameOf(it: Instance): string {
  return `${keyOf(it)} ${it.index} ${it.retiringAt === null}`;
}

/** The wanted count of each spec, from the words of the contract and not of the planner. */
function countsOf({ mode, current, candidate }: Situation): Map<string, number> {
  const counts = new Map<string, number>();
  const all = mode === "stopped" ? [] : mode === "held" ? candidate : [...current, ...candidate];
  for (const type of all) {
    counts.set(keyOf(type), Math.max(counts.get(keyOf(type)) ?? 0, type.count));
  }
  return counts;
}

function shuffle<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(random(left.length), 1));
}

test("one that is held to other limits than it should be is told, and stays", () => {
  const old = instance({ id: 1, specHash: "a" });
  const limits = { ...spec.limits, memoryBytes: 2 ** 30 };
  const type = { ...wanted("web", "a", 1), spec: { ...spec, limits } };
  const steps = planFormation(situation({ current: [type], instances: [old] }));
  assert.deepEqual(steps, [{ do: "limit", instance: 1, spec: { ...spec, limits } }]);
  const told = { ...old, spec: { ...spec, limits } };
  assert.deepEqual(planFormation(situation({ current: [type], instances: [told] })), []);
});
