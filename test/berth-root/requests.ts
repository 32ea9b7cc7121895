import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { privilegedVerbs } from "#domain/privileges.ts";
import { sessionFrames } from "#domain/runner.ts";
import { until } from "../platform.ts";
import { instance, named, shell, talking, type World } from "./world.ts";

export function requestTests(world: World): void {
  const { ask, askText, open, listing } = world;
  test("every verb refuses every argument that it does not take, and does nothing", async () => {
    assert.deepEqual(Object.keys(fair).toSorted(), Object.keys(privilegedVerbs).toSorted());
    const untouched = await listing();
    let tried = 0;
    for (const [verb, args] of Object.entries(fair)) {
      const more = { ...args, uid: 0 };
      const cases: unknown[] = [more, null, [], "x", ...withoutEach(args)];
      for (const name of Object.keys(args)) {
        assert.ok(hostile[name] ?? !Object.hasOwn(args, name), `${name} has hostile values`);
        for (const value of hostile[name] ?? []) cases.push({ ...args, [name]: value });
      }
      for (const each of cases) {
        const answer = await ask({ verb, args: each });
        assert.equal(answer.failure?.code, "helper_refused", `${verb} ${JSON.stringify(each)}`);
        tried += 1;
      }
    }
    assert.ok(tried > 150, `${tried} were tried`);
    assert.deepEqual(await listing(), untouched);
  });

  test("what is no verb, and what is no request, is refused", async () => {
    for (const verb of [
      "",
      "exec",
      "constructor",
      "__proto__",
      "toString",
      "startinstance",
      1,
      null,
    ])
      assert.equal((await ask({ verb, args: {} })).failure?.code, "helper_refused", String(verb));
    const more = '{"verb":"lookAtFence","args":{},"uid":0}';
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      '{"verb":"lookAtFence"}',
      "\0\xff",
      '{"args":{}}',
      more,
    ])
      assert.equal((await askText(text)).failure?.code, "helper_refused", text);
  });

  test("a request without end, frames without end, silence, and a crowd do no harm", async () => {
    const silent = await open();
    const endless = await open();
    const cut = new Promise((closed) => endless.once("close", closed));
    const megabyte = Buffer.alloc(1024 * 1024, "x");
    for (let count = 0; count < 12 && !endless.destroyed; count += 1) {
      endless.write(megabyte);
      await sleep(5);
    }
    await cut;
    assert.ok(!silent.closed, "it was cut for its length, before who says nothing is");
    silent.destroy();
    const crowd = await Promise.all(Array.from({ length: 1000 }, () => open()));
    for (const socket of crowd.slice(0, 300)) socket.write('{"verb":');
    const amid = await ask({ verb: "lookAtFence", args: {} });
    assert.notEqual(amid.value, undefined, "a thousand others keep nobody out");
    for (const socket of crowd) socket.destroy();
    const huge = await open();
    const listens = new Promise((first) => huge.once("data", first));
    huge.write(
      `${JSON.stringify({ verb: "runCommand", args: { ...named(), program: talking("true", { takesInput: true }) } })}\n`,
    );
    await listens;
    huge.write(Buffer.from([sessionFrames.input, 0xff, 0xff, 0xff, 0xff]));
    await new Promise((closed) => huge.once("close", closed));
    await until(
      async () => (await ask({ verb: "lookAtFence", args: {} })).value !== undefined,
      "it answers",
    );
  });
}

/** For each verb, arguments that it takes. */
const fair: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  startInstance: instance,
  removeInstance: { id: 1 },
  runCommand: named(),
  admitApp: { user: 1, network: "closed", port: 80 },
  forgetApp: { user: 1 },
  closePort: { user: 1, port: 80 },
  setPorts: { open: [80], kept: [80], instances: { min: 61_500, max: 61_800 } },
  lookAtFence: {},
  handOverArtifact: { artifactId: 1, user: 1 },
  sealArtifact: { artifactId: 1, user: 1 },
  finishArtifact: { artifactId: 1, user: 1 },
  adoptArtifact: { artifactId: 1, user: 1 },
  publishArtifact: { artifactId: 1, user: 1 },
  removeArtifact: { artifactId: 1 },
  makeCache: { appId: 1, user: 1 },
  removeCache: { appId: 1 },
};

const noNumbers = [0, -1, 1.5, 10 ** 15, 2 ** 53, "1", "../1", "1; id", null, [1], { id: 1 }, true];

const noPorts = [null, [0], [65_536], ["80"], ['"; flush ruleset'], Array(65_536).fill(80)];

/** What each argument must not be. */
const hostile: Readonly<Record<string, readonly unknown[]>> = {
  id: noNumbers,
  appId: noNumbers,
  artifactId: noNumbers,
  user: [...noNumbers, 10_000, 1_900_000_001],
  name: ["", "c", "../x", `c${"/".repeat(36)}`, `x${randomUUID()}`, `c${randomUUID()}\n`, 1],
  program: [
    {},
    shell("a\0b"),
    { argv: [], files: [] },
    { argv: ["true"], files: ["no base64!"] },
    { argv: ["true"], files: Array(9).fill("") },
    { argv: Array(10_001).fill("x"), files: [] },
    { argv: ["true"], files: [], uid: 0 },
  ],
  logName: ["../../x", "1/1-web.1/..", "/etc/passwd", "1/1-web.1\n", "1/1-.1"],
  network: ["", "OPEN", "open\n", 1, null],
  open: noPorts,
  kept: noPorts,
  instances: [null, { min: 0, max: 1 }, { min: 1, max: 65_536 }, { min: 1, max: 2, own: 1 }],
  port: [0, -1, 1.5, 65_536, "80", '"; flush ruleset'],
  isConfined: [null, 1],
};

function withoutEach(args: Readonly<Record<string, unknown>>): unknown[] {
  return Object.keys(args).map((name) =>
    Object.fromEntries(Object.entries(args).filter(([key]) => key !== name)),
  );
}
