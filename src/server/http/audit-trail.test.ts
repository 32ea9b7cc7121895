import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { setPassword, endSession } from "#api/account.ts";
import { createApp, destroyApp, setNetwork } from "#api/apps.ts";
import { changeConfigVars, revealConfigVars } from "#api/config.ts";
import { createDeploy, createRepository, openRepository, rebuild } from "#api/deploys.ts";
import { addDomain, removeDomain } from "#api/domains.ts";
import { addDrain, removeDrain } from "#api/drains.ts";
import { restart, scale, startBranch, stopBranch } from "#api/instances.ts";
import { abortJob } from "#api/jobs.ts";
import { addKey, rebuildKeys, removeKey } from "#api/keys.ts";
import { changeLimits } from "#api/limits.ts";
import {
  addNotification,
  removeNotification,
  setNotification,
  testNotification,
} from "#api/notifications.ts";
import type { InputOf, Operation } from "#api/operation.ts";
import { operations } from "#api/operations.ts";
import { cleanUp, rotateSecrets, shutDown } from "#api/platform.ts";
import { rollback } from "#api/releases.ts";
import { createRun, listCustomCommands } from "#api/runs.ts";
import {
  addTeam,
  grantAccess,
  removeMember,
  removeTeam,
  revokeAccess,
  setMember,
  transferApp,
} from "#api/teams.ts";
import { addToken, removeToken } from "#api/tokens.ts";
import { addUser, changeUser, createLink, removeUser } from "#api/users.ts";
import { changesOf, type AuditEntry } from "#domain/audit.ts";
import { BranchConfig } from "#domain/branch.ts";
import { shownFacts } from "#domain/shown.ts";
import { isEnded } from "#domain/job.ts";
import { hostConfig } from "../../../test/factories.ts";
import { createWorld, eventually, webFiles, type World } from "../../../test/engine-world.ts";
import { handlers } from "./handlers.ts";

/** What nobody may read in the audit; each place has its own. */
const secret = (place: string) => `canary-${place}`;

/** These change nothing that is recorded, and say why. */
const changingNothing: Readonly<Record<string, string>> = {
  "config.reveal": "it shows; which secrets were shown is an event",
  "runs.custom": "it reads",
  "notifications.test": "it sends a message",
  "repositories.open": "it makes ready for what deploys.create notes",
  "platform.shutdown": "what it stops runs again when Berth does",
};

let world: World;
/** Of each operation what was noted first, by its id. */
const noted = new Map<string, AuditEntry>();
/** What answers held that is shown but once. */
const shownOnce: string[] = [];

before(async () => {
  world = await createWorld({ settings: { ...hostConfig().settings, createOnPush: true } });
  await carryOutAll();
});
after(() => world[Symbol.asyncDispose]());

test("every operation that changes something says what was so before it and what is so since", () => {
  const changing = operations.filter(({ method }) => method !== "GET").map(({ id }) => id);
  assert.deepEqual([...noted.keys()].toSorted(), changing.toSorted(), "each was carried out");
  for (const id of changing) {
    const { before: was, after: is, outcome } = noted.get(id)!;
    assert.equal(outcome, "done", id);
    assert.deepEqual(Object.keys(was), Object.keys(is), id);
    const differs = Object.keys(is).length > 0;
    assert.equal(differs, changingNothing[id] === undefined, `${id}: ${JSON.stringify(is)}`);
    for (const name of Object.keys(is)) assert.notEqual(was[name], is[name], `${id}: ${name}`);
  }
});

test("a job notes what it changed between its begin and its end, and who asked for it", () => {
  const jobs = entries().filter(({ operation }) => operation.startsWith("job."));
  const saying = (description: string) =>
    jobs.find((it) => it.input["description"] === description);
  const rolledBack = saying("Rollback to v1");
  assert.deepEqual(
    [rolledBack?.operation, rolledBack?.target, rolledBack?.actor, rolledBack?.outcome],
    ["job.release", "shop", "ann", "done"],
  );
  assert.ok(rolledBack);
  assert.deepEqual(changesOf(rolledBack), [
    "release: 3 → 4",
    "config var A: set → none",
    "config var B: set → none",
    `job ${rolledBack.input["job"]}`,
  ]);
  const limited = saying("Limit web to memory=1G");
  assert.equal(limited?.before["limit web memory"], "512M");
  assert.equal(limited?.after["limit web memory"], "1G");
});

test("what others changed while a one-off command ran is not told of it", () => {
  const ran = entries().find(({ operation }) => operation === "job.run");
  assert.deepEqual([ran?.outcome, ran?.code, ran?.after], ["failed", "aborted", {}]);
});

test("whoever may see the audit of an app finds who made it and what its jobs did", () => {
  const within = { apps: [1], teams: [] };
  const found = world.store.people.audit.list({ within, limit: 1000 });
  const operationsOf = new Set(found.map(({ operation }) => operation));
  for (const id of ["apps.create", "job.deploy", "job.release", "jobs.abort", "apps.destroy"]) {
    assert.ok(operationsOf.has(id), id);
  }
  assert.ok(found.every(({ appId }) => appId === 1));
});

test("nothing of the audit is a secret, whatever was given and answered", () => {
  const text = JSON.stringify(entries());
  assert.ok(!text.includes("canary"), /.{0,200}canary.{0,60}/.exec(text)?.[0]);
  assert.equal(shownOnce.length, 5, "two links, a signing secret, a ticket and a token");
  for (const it of shownOnce) assert.ok(!text.includes(it), it);
});

test("of the texts that are given, these are shown, as each has a form that no secret has", () => {
  const changing = operations.filter(({ method }) => method !== "GET");
  const shown = changing.map(({ id, query, body }) => {
    const facts = [query, body].flatMap((schema) =>
      Object.entries(shownFacts(schema, sampleOf(z.toJSONSchema(schema, { io: "output" })))),
    );
    const texts = facts.filter(([, value]) => String(value).includes("canary"));
    return `${id}: ${texts.map(([name]) => name).join(" ")}`;
  });
  assert.deepEqual(
    shown.filter((line) => !line.endsWith(": ")),
    [
      "apps.create: name team",
      "apps.network: network",
      "config.reveal: names",
      "instances.restart: instance",
      "limits.change: scope",
      "runs.create: terminal",
      "notifications.add: target team kind events",
      "notifications.remove: target team",
      "notifications.set: target team events",
      "notifications.test: target team",
      "domains.add: domain",
      "keys.add: name user",
      "repositories.create: app team",
      "deploys.create: branch from commit",
      "sessions.end: user",
      "users.add: name email team role",
      "users.change: email",
      "teams.add: name",
      "teams.grant: role",
      "access.grant: role",
      "apps.transfer: team",
      "tokens.add: name role app team user",
      "tokens.remove: user",
    ],
  );
});

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A value with a text wherever a schema allows one. */
function sampleOf(part: JsonSchema): unknown {
  const [first] = part.anyOf ?? part.oneOf ?? [];
  if (first) return sampleOf(first);
  if (part.type === "array") return [sampleOf(part.items as JsonSchema)];
  if (part.type === "string") return secret("sample");
  if (part.type !== "object") return null;
  const properties = Object.entries(part.properties ?? { any: part.additionalProperties });
  return Object.fromEntries(
    properties.map(([name, inner]) => [name, sampleOf(inner as JsonSchema)]),
  );
}

function entries(): AuditEntry[] {
  return world.store.people.audit.list({ within: null, limit: 1000 });
}

async function carryOutAll(): Promise<void> {
  const { store, source, engine } = world;
  Object.assign(world.context.signIn, {
    setPassword: async (userId: string) => addPassword(userId),
  });
  engine.people.addUser({ name: "ann", email: null, superuser: true });
  const commit = source.commit(webFiles);
  const second = source.commit(webFiles, commit);
  const shop = { params: { app: "shop" } };
  const ofShop = { params: { target: "shop" } };
  await carryOut(addTeam, { body: { name: "crew" } });
  await carryOut(addUser, { body: { name: "bob", team: "crew", role: "viewer" } });
  await carryOut(changeUser, { params: { user: "bob" }, body: { superuser: true } });
  await carryOut(createLink, { params: { user: "bob" }, body: {} });
  await carryOut(setMember, { params: { team: "crew", user: "bob" }, body: { role: "admin" } });
  await carryOut(removeMember, { params: { team: "crew", user: "bob" } });
  await carryOut(setPassword, { body: { password: secret("password-is-long") } });
  addSession("s-1");
  await carryOut(endSession, { params: { session: "s-1" } });
  await carryOut(addKey, { body: { name: "laptop", key: publicKey, user: "bob" } });
  await carryOut(removeKey, { params: { name: "laptop" } });
  await refused(addKey, { body: { name: "laptop", key: `PRIVATE KEY ${secret("private")}` } });
  await carryOut(createApp, { body: { name: "shop", team: "crew" } });
  await carryOut(createRepository, { body: { app: "pushed", team: "crew" } });
  await carryOut(openRepository, shop);
  await carryOut(createDeploy, { ...shop, body: { branch: "main", from: null, commit } });
  await carryOut(changeConfigVars, {
    ...ofShop,
    body: { A: secret("var"), B: { secret: secret("secret-var") } },
  });
  await carryOut(revealConfigVars, { ...ofShop, body: {} });
  await carryOut(createDeploy, { ...shop, body: { branch: "main", from: commit, commit: second } });
  await carryOut(rollback, { ...ofShop, body: { release: 1 } });
  await carryOut(rebuild, { body: {} });
  await carryOut(scale, { ...ofShop, body: { web: 2 } });
  await carryOut(changeLimits, {
    ...ofShop,
    body: { scope: { kind: "type", processType: "web" }, limits: { memoryBytes: 2 ** 30 } },
  });
  await carryOut(restart, { ...ofShop, body: { instance: "web.1" } });
  await carryOut(stopBranch, ofShop);
  await carryOut(startBranch, ofShop);
  await carryOut(setNetwork, { ...shop, body: { network: "closed" } });
  await carryOut(addDomain, { ...ofShop, body: { domain: "shop.example" } });
  await carryOut(removeDomain, { params: { target: "shop", domain: "shop.example" } });
  const url = `https://me:${secret("user-info")}@logs.example/${secret("path")}?a=${secret("query")}`;
  await carryOut(addDrain, { ...ofShop, body: { url, ca: secret("ca") } });
  await carryOut(removeDrain, { params: { target: "shop", drain: 1 } });
  const address = `https://hooks.example/${secret("hook")}`;
  await carryOut(addNotification, { body: { target: "shop", kind: "webhook", address } });
  const first = { params: { notification: 1 }, query: { target: "shop" } };
  await carryOut(setNotification, { ...first, body: { address: `${address}-2` } });
  await carryOut(testNotification, first);
  await carryOut(removeNotification, first);
  const run = { command: `psql postgres://me:${secret("command")}@db`, terminal: null };
  await carryOut(createRun, { ...ofShop, body: run });
  const { config } = store.branches.get(1)!;
  const [formation, customCommands] = [{ web: 3 }, { seed: secret("custom") }];
  store.branches.update(1, { config: { ...config, formation, customCommands } });
  await carryOut(abortJob, { params: { job: store.jobs.list({ limit: 1 })[0]!.id } });
  await carryOut(listCustomCommands, { ...ofShop, body: { names: ["seed"] } });
  await carryOut(grantAccess, { params: { app: "shop", user: "bob" }, body: { role: "viewer" } });
  await carryOut(revokeAccess, { params: { app: "shop", user: "bob" } });
  await carryOut(addToken, { body: { name: "ci", app: "shop", role: "deployer" } });
  await carryOut(removeToken, { params: { token: "ci" } });
  await carryOut(rotateSecrets, {});
  await carryOut(transferApp, { ...shop, body: { team: "main" } });
  await carryOut(destroyApp, { ...shop, query: { confirm: "shop" } });
  await carryOut(destroyApp, { params: { app: "pushed" }, query: { confirm: "pushed" } });
  await carryOut(removeTeam, { params: { team: "crew" } });
  await carryOut(removeUser, { params: { user: "bob" } });
  const file = { file: "keys/a", name: "a", type: "ssh-ed25519", blob: "AAAA" };
  world.config = { ...world.config, keys: [file] };
  await carryOut(rebuildKeys, {});
  const branches = new Map([["main", BranchConfig.parse({ env: { A: secret("file") } })]]);
  world.config = {
    ...world.config,
    apps: new Map([["filed", { file: "repo/filed.yml", branches }]]),
  };
  await engine.configure(world.config);
  world.config = { ...world.config, apps: new Map() };
  await carryOut(cleanUp, {});
  await carryOut(shutDown, {});
}

/** As ann, who may do everything; waits for the jobs that it began, but for one-off commands. */
async function carryOut<O extends Operation>(operation: O, input: InputOf<O>): Promise<void> {
  const { engine, store } = world;
  const ann = store.people.users.named("ann")!;
  const handler = handlers.find((it) => it.operation === (operation as Operation));
  assert.ok(handler, operation.id);
  const via = { door: "api", address: "192.0.2.1" } as const;
  const caller = engine.people.userCaller({ userId: ann.id, sessionId: "own" }, via);
  assert.ok(caller);
  const parts = { params: {}, query: {}, body: {}, ...input };
  const signal = new AbortController().signal;
  const answer = await handler.run({ ...parts, caller, signal, watch: () => () => {} }, engine);
  shownOnce.push(...secretsIn(answer));
  const entry = entries().find((it) => it.operation === operation.id);
  if (entry && !noted.has(operation.id)) noted.set(operation.id, entry);
  const isOver = () =>
    store.jobs.list({ limit: 100 }).every(({ kind, status }) => kind === "run" || isEnded(status));
  await eventually(isOver, `${operation.id} has ended`);
}

async function refused<O extends Operation>(operation: O, input: InputOf<O>): Promise<void> {
  await assert.rejects(carryOut(operation, input));
  assert.equal(entries()[0]?.outcome, "failed");
}

/** Links, tokens, tickets of runs, keys for signing. */
function secretsIn(answer: unknown): string[] {
  const text = JSON.stringify(answer) ?? "";
  return [...text.matchAll(/#link=([^"]+)|"(?:secret|signingSecret|id)":"([^"]+)"/g)].map(
    ([, link, other]) => link ?? other ?? "",
  );
}

const publicKey = `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.alloc(36, 1)]).toString("base64")} ${secret("comment")}`;

function addPassword(userId: string): void {
  const { store, context } = world;
  const at = context.clock.now();
  const row = { id: "a-1", userId, accountId: userId, providerId: "credential" };
  store.signIn.add("account", { ...row, password: "hash", createdAt: at, updatedAt: at });
}

function addSession(id: string): void {
  const { store, context } = world;
  const at = context.clock.now();
  const userId = store.people.users.named("ann")!.id;
  const expiresAt = new Date(at.getTime() + 86_400_000);
  const row = { id, userId, token: id, ipAddress: null, userAgent: null };
  store.signIn.add("session", { ...row, expiresAt, createdAt: at, updatedAt: at });
}
