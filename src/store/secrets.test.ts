import Database from "better-sqlite3";
import assert from "node:assert/strict";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { BranchConfig } from "#domain/branch.ts";
import { revealVars } from "#domain/config-var.ts";
import { Secret } from "#domain/secret.ts";
import { instance, moment } from "../../test/factories.ts";
import { temporaryFolder } from "../../test/machine.ts";
import { createKeyFile, type KeyFile } from "./secret-keys.ts";
import { openStore } from "./store.ts";

const marker = "Correct-Horse-Battery";
const env = { PASSWORD: Secret.of(marker), COLOUR: "blue" };
const config = BranchConfig.parse({ env });

async function createWorld() {
  const folder = await temporaryFolder();
  const [database, key] = [join(folder.path, "berth.db"), join(folder.path, "secret.key")];
  const open = (keyFile: KeyFile = createKeyFile(key)) => openStore(database, keyFile);
  return {
    database,
    key,
    open,
    /** Whether any file in the folder holds the marker. */
    leaks: async () => {
      const names = await readdir(folder.path);
      const texts = await Promise.all(names.map((name) => readFile(join(folder.path, name))));
      return texts.some((bytes) => bytes.includes(marker));
    },
    write: (sql: string) => {
      const plain = new Database(database);
      plain.exec(sql);
      plain.close();
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

type OpenStore = Awaited<ReturnType<typeof openStore>>;

/** A row of each kind that holds a secret. */
function fill(store: OpenStore, name = "shop") {
  const app = store.apps.add({ name, managedBy: null, createdAt: moment });
  const branch = store.branches.add({ appId: app.id, name: "main", isDefault: true, config });
  const commit = "a".repeat(40);
  const branchId = branch.id;
  const artifact = store.artifacts.add({ branchId, commit, createdAt: moment });
  const made = { artifactId: artifact.id, description: "", actor: "ann", createdAt: moment };
  const release = store.releases.add({ ...made, branchId, config });
  const { id: _, healthyAt: __, retiringAt: ___, drainingAt: ____, ...row } = instance();
  const added = store.instances.add({ ...row, branchId, port: null, spec: { ...row.spec, env } });
  const job = store.jobs.add({
    kind: "release",
    branchId,
    appId: null,
    target: "shop",
    door: "cli",
    actor: "ann",
    input: { changes: { env: { ...env, GONE: null } } },
    createdAt: moment,
  });
  const notification = store.notifications.add({
    appId: app.id,
    teamId: null,
    kind: "webhook",
    address: Secret.of("https://a.test/before"),
    signingSecret: Secret.of(marker),
    events: ["deploy.failed"],
    actor: "ann",
    createdAt: moment,
  });
  store.notifications.update(notification.id, { address: Secret.of(`https://a.test/${marker}`) });
  const drain = store.drains.add({
    branchId,
    url: Secret.of(`https://a.test/${marker}`),
    ca: null,
    actor: "ann",
    createdAt: moment,
    positions: {},
  });
  store.configFiles.set("repo/shop.yml", `env_secret: {A: ${marker}}`);
  return { branch, release, instance: added, job, notification, drain };
}

/** What every row says, opened. */
function valuesIn(store: OpenStore, ids: ReturnType<typeof fill>) {
  const changes = store.jobs.get(ids.job.id)?.input.changes?.env ?? {};
  const { GONE: gone, ...set } = changes;
  assert.equal(gone, null);
  return [
    revealVars(store.branches.get(ids.branch.id)?.config.env ?? {}),
    revealVars(store.releases.get(ids.release.id)?.config.env ?? {}),
    revealVars(store.instances.get(ids.instance.id)?.spec.env ?? {}),
    revealVars(set as typeof env),
    store.configFiles.get("repo/shop.yml"),
    store.notifications.get(ids.notification.id)?.address.reveal(),
    store.notifications.get(ids.notification.id)?.signingSecret?.reveal(),
    store.drains.get(ids.drain.id)?.url.reveal(),
  ];
}

const values = { PASSWORD: marker, COLOUR: "blue" };
const url = `https://a.test/${marker}`;
const file = `env_secret: {A: ${marker}}`;
const allValues = [values, values, values, values, file, url, marker, url];

test("what a job was to change is kept until it has ended, and no longer", async () => {
  await using world = await createWorld();
  using store = await world.open();
  const { id: job } = fill(store).job;
  store.jobs.setStatus(job, "running", { at: moment, error: null });
  const { changes } = store.jobs.get(job)?.input ?? {};
  assert.deepEqual(Object.keys(changes?.env ?? {}), ["PASSWORD", "COLOUR", "GONE"]);
  store.jobs.setStatus(job, "done", { at: moment, error: null });
  assert.deepEqual(store.jobs.get(job)?.input, {});
});

test("no secret stands in the database, its journal or its copies; plain config vars do", async () => {
  await using world = await createWorld();
  using store = await world.open();
  const ids = fill(store);
  assert.deepEqual(valuesIn(store, ids), allValues);
  assert.equal(await world.leaks(), false);
  assert.ok((await readFile(`${world.database}-wal`)).includes("blue"));
  using again = await world.open();
  assert.deepEqual(valuesIn(again, ids), allValues);
});

test("the key is the account's alone, made of random bytes, and each home has its own", async () => {
  await using one = await createWorld();
  await using two = await createWorld();
  for (const world of [one, two]) (await world.open())[Symbol.dispose]();
  assert.equal((await stat(one.key)).mode & 0o777, 0o600);
  const [first, second] = await Promise.all([one, two].map(({ key }) => readFile(key, "utf8")));
  assert.notEqual(first, second);
  assert.match(first ?? "", /^#.*\n[\w-]{43}\n$/);
});

test("what is sealed opens only where it belongs, and only as it was written", async () => {
  await using world = await createWorld();
  const store = await world.open();
  const [shop, thief] = [fill(store), fill(store, "thief")];
  store[Symbol.dispose]();
  world.write(
    `UPDATE branches SET config = (SELECT config FROM branches WHERE id = ${shop.branch.id}) WHERE id = ${thief.branch.id};`,
  );
  using after = await world.open();
  const stolen = after.branches.get(thief.branch.id)?.config.env["PASSWORD"];
  assert.ok(stolen instanceof Secret);
  const refused = { code: "secret_unreadable", message: /^The secret PASSWORD cannot be read/ };
  assert.throws(() => stolen.reveal(), refused);
  assert.deepEqual(valuesIn(after, shop), allValues);
});

test("a rotation changes the key and every sealed text, and no value", async () => {
  await using world = await createWorld();
  using store = await world.open();
  const ids = fill(store);
  const before = store.branches.get(ids.branch.id)?.config.env["PASSWORD"];
  const oldKey = await readFile(world.key, "utf8");
  const made = await store.secrets.rotate();
  assert.match(made.key, /^[0-9a-f]{12}$/);
  assert.deepEqual(valuesIn(store, ids), allValues);
  assert.equal((before as Secret).reveal(), marker, "what was read before stays open");
  const newKey = await readFile(world.key, "utf8");
  assert.equal(newKey.split("\n").length, 3, "one key is left");
  assert.notEqual(newKey, oldKey);
  await store.secrets.rotate();
  using again = await world.open();
  assert.deepEqual(valuesIn(again, ids), allValues);
  await writeFile(world.key, oldKey);
  await assert.rejects(world.open(), { code: "secret_key_wrong" });
});

test("what a deploy read before a rotation and writes after it is sealed with the new key", async () => {
  await using world = await createWorld();
  using store = await world.open();
  const { branch, release } = fill(store);
  const read = store.branches.get(branch.id);
  assert.ok(read);
  await store.secrets.rotate();
  const { artifactId, description, actor, createdAt, branchId } = release;
  const made = { artifactId, description, actor, createdAt, branchId };
  const written = store.releases.add({ ...made, config: read.config });
  using again = await world.open();
  assert.deepEqual(revealVars(again.releases.get(written.id)?.config.env ?? {}), values);
});

test("a rotation lets others read and write in between, and one at a time is enough", async () => {
  await using world = await createWorld();
  using store = await world.open();
  const all = Array.from({ length: 10 }, (_, at) => fill(store, `shop-${at}`));
  const [{ branch: first, release }] = all as [ReturnType<typeof fill>];
  const { artifactId, description, actor, createdAt } = release;
  const more = { artifactId, description, actor, createdAt, branchId: first.id, config };
  const releases = Array.from({ length: 60 }, () => store.releases.add(more));
  let turns = 0;
  const rotated = Promise.all([store.secrets.rotate(), store.secrets.rotate()]);
  for (let isDone = false; !isDone; turns += 1) {
    const { branch, ...ids } = all[turns % all.length] ?? assert.fail();
    assert.deepEqual(valuesIn(store, { branch, ...ids }), allValues);
    store.branches.update(branch.id, { config: branch.config });
    isDone = await Promise.race([rotated.then(() => true), nextTurn(false)]);
  }
  assert.ok(turns > 12, `${turns} turns`);
  using again = await world.open();
  for (const ids of all) assert.deepEqual(valuesIn(again, ids), allValues);
  for (const { id } of releases)
    assert.deepEqual(revealVars(again.releases.get(id)?.config.env ?? {}), values);
});

test("a rotation that is killed at any instant leaves everything readable, and is finished later", async () => {
  // At the first start a key is written; a rotation writes the new one beside it, then alone.
  const instants = [
    { write: 2, isDone: false },
    { write: 2, isDone: true },
    { write: 3, isDone: false },
    { write: 3, isDone: true },
  ];
  for (const { write, isDone } of instants) {
    await using world = await createWorld();
    const real = createKeyFile(world.key);
    let writes = 0;
    const dying: KeyFile = {
      ...real,
      write: async (text) => {
        writes += 1;
        if (writes !== write || isDone) await real.write(text);
        if (writes === write) throw new Error("killed");
      },
    };
    const store = await world.open(dying);
    const ids = fill(store);
    await Promise.allSettled([store.secrets.rotate()]);
    store[Symbol.dispose]();
    using after = await world.open();
    assert.deepEqual(valuesIn(after, ids), allValues, `write ${write}, ${isDone}`);
    assert.equal((await readFile(world.key, "utf8")).split("\n").length, 3, "one key is left");
    assert.equal(await world.leaks(), false);
  }
});

test("class 25, restoring: without its key a database is not opened, and no new key is made", async () => {
  await using world = await createWorld();
  (await world.open())[Symbol.dispose]();
  const right = await readFile(world.key, "utf8");
  await rm(world.key);
  const missing = { code: "secret_key_missing", message: /secret\.key is not there/ };
  await assert.rejects(world.open(), missing);
  await assert.rejects(stat(world.key), { code: "ENOENT" });
  await writeFile(world.key, right.replace(/[\w-]{43}/, "A".repeat(43)));
  await assert.rejects(world.open(), { code: "secret_key_wrong", message: /encrypted with key/ });
  for (const text of ["", "nonsense\n", "# only words\n"]) {
    await writeFile(world.key, text);
    await assert.rejects(world.open(), { code: "secret_key_wrong", message: /32 bytes/ });
  }
  await writeFile(world.key, right);
  (await world.open())[Symbol.dispose]();
});

test("when the key is given up for lost, a new one is made, and only the lost secrets are missing", async () => {
  await using world = await createWorld();
  const store = await world.open();
  const ids = fill(store);
  store[Symbol.dispose]();
  await rm(world.key);
  await writeFile(`${world.key}.lost`, "");
  using after = await world.open();
  await assert.rejects(stat(`${world.key}.lost`), { code: "ENOENT" });
  const branch = after.branches.get(ids.branch.id);
  assert.equal(branch?.config.env["COLOUR"], "blue");
  const lost = branch?.config.env["PASSWORD"] as Secret;
  assert.throws(() => lost.reveal(), { code: "secret_unreadable", message: /is lost/ });
  assert.equal(after.configFiles.get("repo/shop.yml"), null);
  // A change beside it goes through, and so does setting it again.
  const next = { ...config, env: { ...branch?.config.env, COLOUR: "red" } };
  after.branches.update(ids.branch.id, { config: next });
  after.branches.update(ids.branch.id, {
    config: { ...config, env: { PASSWORD: Secret.of("x") } },
  });
  await after.secrets.rotate();
  const now = after.branches.get(ids.branch.id)?.config.env;
  assert.deepEqual(revealVars(now ?? {}), { PASSWORD: "x" });
  using again = await world.open();
  assert.equal(again.apps.list().length, 1);
});
