import assert from "node:assert/strict";
import { test } from "node:test";
import { BranchConfig } from "#domain/branch.ts";
import { jobTransitions, type JobStatus } from "#domain/job.ts";
import type { Store } from "#domain/store.ts";
import { instance, moment, web } from "../factories.ts";

export type StoreWorld = AsyncDisposable & { readonly store: Store };

type Check = (sentence: string, body: (store: Store) => Promise<void> | void) => void;

/** What every store promises. */
export function storeContract(name: string, create: () => Promise<StoreWorld>): void {
  const check: Check = (sentence, body) => {
    test(`${name}: ${sentence}`, async () => {
      await using world = await create();
      await body(world.store);
    });
  };
  appContract(check);
  releaseContract(check);
  jobContract(check);
  otherContract(check);
}

const config = BranchConfig.parse({});

function addApp(store: Store, name = "shop") {
  const app = store.apps.add({ name, managedBy: null, createdAt: moment });
  const row = { appId: app.id, name: "main", isDefault: true, config };
  const branch = store.branches.add(row);
  const commit = "a".repeat(40);
  const artifact = store.artifacts.add({ branchId: branch.id, commit, createdAt: moment });
  return { app, branch, artifact };
}

function addRelease(store: Store, branchId: number, artifactId: number, overrides = {}) {
  const made = { branchId, artifactId, config, description: "Deploy", actor: "ann" };
  return store.releases.add({ ...made, createdAt: moment, ...overrides });
}

function addInstance(store: Store, branchId: number, port: number | null) {
  const { id: _, healthyAt: __, retiringAt: ___, drainingAt: ____, ...row } = instance();
  return store.instances.add({ ...row, branchId, port });
}

function appContract(check: Check): void {
  check("an app's rows go with it, and nobody else's; its events stay", (store) => {
    const [shop, admin] = [addApp(store), addApp(store, "shop-admin")];
    for (const { app, branch, artifact } of [shop, admin]) {
      const release = addRelease(store, branch.id, artifact.id);
      store.branches.update(branch.id, { currentReleaseId: release.id });
      addInstance(store, branch.id, null);
      const about = { branchId: branch.id, appId: app.id, target: app.name };
      const asked = { kind: "deploy", actor: "", door: "git", input: {} } as const;
      store.jobs.add({ ...about, ...asked, createdAt: moment });
      const by = { actor: "ann", door: "cli" } as const;
      const event = { at: moment, type: "app.created", ...by, message: "" } as const;
      store.events.add({ ...event, appId: app.id, target: app.name });
    }
    store.apps.remove(shop.app.id);
    assert.equal(store.apps.named("shop"), null);
    assert.deepEqual(store.branches.of(shop.app.id), []);
    assert.deepEqual(store.artifacts.of(shop.branch.id), []);
    assert.deepEqual(store.releases.of(shop.branch.id), []);
    assert.deepEqual(store.instances.of(shop.branch.id), []);
    assert.deepEqual(store.jobs.list({ branchId: shop.branch.id, limit: 9 }), []);
    assert.equal(store.events.list({ target: "shop", limit: 9 }).length, 1);
    assert.equal(store.releases.of(admin.branch.id).length, 1);
    assert.equal(store.instances.list().length, 1);
    assert.equal(store.jobs.open().length, 1);
  });

  check("an app that is being destroyed is found by nobody but who finishes it", (store) => {
    const { app } = addApp(store);
    store.apps.markDestroying(app.id, moment);
    assert.equal(store.apps.named("shop"), null);
    assert.deepEqual(store.apps.list(), []);
    assert.deepEqual(
      store.apps.destroying().map(({ id }) => id),
      [app.id],
    );
  });

  check("ids are never given twice", (store) => {
    const first = addApp(store);
    store.apps.remove(first.app.id);
    const second = addApp(store);
    assert.ok(second.app.id > first.app.id && second.branch.id > first.branch.id);
    assert.ok(second.artifact.id > first.artifact.id);
  });

  check("a branch goes with its rows, and the default one is listed first", (store) => {
    const { app, branch, artifact } = addApp(store);
    addRelease(store, branch.id, artifact.id);
    store.branches.add({ appId: app.id, name: "a-first", isDefault: false, config });
    assert.deepEqual(
      store.branches.of(app.id).map(({ name, appName }) => `${appName} ${name}`),
      ["shop main", "shop a-first"],
    );
    store.branches.remove(branch.id);
    assert.deepEqual(store.releases.of(branch.id), []);
    assert.equal(store.branches.of(app.id).length, 1);
  });

  check("a transaction is whole or nothing, also inside another one", (store) => {
    assert.throws(() =>
      store.transaction(() => {
        addApp(store);
        store.transaction(() => addApp(store, "blog"));
        throw new Error("half-way");
      }),
    );
    assert.deepEqual(store.apps.list(), []);
    assert.equal(
      store.transaction(() => addApp(store).app.name),
      "shop",
    );
  });

  check("two apps cannot have one name", (store) => {
    addApp(store);
    assert.throws(() => addApp(store));
    assert.equal(store.apps.list().length, 1);
  });
}

function releaseContract(check: Check): void {
  check("releases are counted per branch and listed newest first", (store) => {
    const [shop, blog] = [addApp(store), addApp(store, "blog")];
    for (const { branch, artifact } of [shop, blog, shop]) {
      addRelease(store, branch.id, artifact.id);
    }
    assert.deepEqual(
      store.releases.of(shop.branch.id).map(({ number }) => number),
      [2, 1],
    );
    assert.equal(store.releases.numbered(blog.branch.id, 1)?.status, "pending");
    assert.equal(store.releases.numbered(blog.branch.id, 2), null);
  });

  check("what a release runs is the artifact's, or the config's, with its counts", (store) => {
    const { branch, artifact } = addApp(store);
    const processTypes = { web: web(), mail: web({ kind: "worker" }) };
    store.artifacts.update(artifact.id, { processTypes, releaseCommand: "migrate" });
    const built = addRelease(store, branch.id, artifact.id, {
      config: BranchConfig.parse({ formation: { web: 3 } }),
    });
    assert.equal(built.processTypes["web"]?.count, 3);
    assert.equal(built.processTypes["mail"]?.count, 1);
    assert.equal(built.releaseCommand, "migrate");
    const configured = addRelease(store, branch.id, artifact.id, {
      config: BranchConfig.parse({ processTypes: { api: web({ count: 2 }) } }),
    });
    assert.deepEqual(Object.keys(configured.processTypes), ["api"]);
  });

  check("no directory stands for an artifact that was pruned", (store) => {
    const { branch, artifact } = addApp(store);
    const next = { branchId: branch.id, commit: "b".repeat(40), createdAt: moment };
    const kept = store.artifacts.add(next);
    store.artifacts.update(artifact.id, { status: "pruned" });
    assert.deepEqual(store.artifacts.ids(), [kept.id]);
    assert.equal(store.artifacts.of(branch.id).length, 2);
  });

  check("an instance keeps all that is needed to start it again", (store) => {
    const { branch } = addApp(store);
    const added = addInstance(store, branch.id, 61_500);
    assert.deepEqual(store.instances.get(added.id), added);
    assert.deepEqual(added.spec, instance().spec);
    store.instances.update(added.id, { healthyAt: moment });
    assert.deepEqual(store.instances.get(added.id)?.healthyAt, moment);
    assert.deepEqual(store.instances.ports(), [61_500]);
    assert.throws(() => addInstance(store, branch.id, 61_500), "a port belongs to one");
    addInstance(store, branch.id, null);
    addInstance(store, branch.id, null);
    assert.equal(store.instances.of(branch.id).length, 3);
  });
}

function jobContract(check: Check): void {
  const addJob = (store: Store, branchId: number) =>
    store.jobs.add({
      kind: "deploy",
      branchId,
      appId: 1,
      target: "shop",
      actor: "ann",
      door: "git",
      input: { commit: "c" },
      createdAt: moment,
    });
  const facts = { at: moment, error: null };

  check("a job goes only where its life allows", (store) => {
    const { branch } = addApp(store);
    const statuses = Object.keys(jobTransitions) as JobStatus[];
    for (const to of statuses) {
      const waiting = addJob(store, branch.id);
      const allowed: readonly JobStatus[] = jobTransitions.waiting;
      const move = () => store.jobs.setStatus(waiting.id, to, facts);
      if (!allowed.includes(to)) assert.throws(move, `waiting to ${to}`);
      else move();
      assert.equal(store.jobs.get(waiting.id)?.status, allowed.includes(to) ? to : "waiting");
    }
  });

  check("open jobs come oldest first, all of them newest first", (store) => {
    const { branch } = addApp(store);
    const [first, second, third] = [1, 2, 3].map(() => addJob(store, branch.id).id);
    store.jobs.setStatus(second ?? 0, "superseded", facts);
    assert.deepEqual(
      store.jobs.open().map(({ id }) => id),
      [first, third],
    );
    assert.deepEqual(
      store.jobs.list({ limit: 2 }).map(({ id }) => id),
      [third, second],
    );
    assert.equal(store.jobs.get(first ?? 0)?.target, "shop");
  });

  check("a job's step, end and error are kept", (store) => {
    const { branch } = addApp(store);
    const { id } = addJob(store, branch.id);
    store.jobs.setStatus(id, "running", facts);
    store.jobs.update(id, { step: "build", artifactId: 5 });
    const error = { code: "build_failed", message: "It failed.", hint: "Look." };
    store.jobs.setStatus(id, "failed", { at: moment, error });
    const job = store.jobs.get(id);
    assert.deepEqual([job?.step, job?.artifactId, job?.error], ["build", 5, error]);
    assert.deepEqual([job?.startedAt, job?.endedAt], [moment, moment]);
  });
}

function otherContract(check: Check): void {
  check("events come newest first, by target and page by page", (store) => {
    for (const target of ["shop", "blog", "shop", null]) {
      const event = { at: moment, type: "deploy.started", appId: null, actor: "ann" } as const;
      store.events.add({ ...event, door: "git", target, message: `of ${target}` });
    }
    const all = store.events.list({ limit: 9 });
    assert.equal(all.length, 4);
    assert.ok(all.every((event, at) => at === 0 || event.id < (all[at - 1]?.id ?? 0)));
    const [newest, older] = store.events.list({ target: "shop", limit: 1 });
    assert.equal(older, undefined);
    const next = store.events.list({ target: "shop", before: newest?.id ?? 0, limit: 9 });
    assert.equal(next.length, 1);
  });

  check("a domain is replaced whole, and found by its app; keys are found by name", (store) => {
    const upstream = { app: "shop", branch: "main", processType: "web" };
    const locations = [{ path: "/", upstream, maintenance: null }];
    const domain = { locations, ssl: false, certificate: null, key: null };
    store.domains.set({ name: "b.example", managedBy: null, config: domain });
    store.domains.set({ name: "a.example", managedBy: "f", config: domain });
    store.domains.set({ name: "b.example", managedBy: "g", config: { ...domain, ssl: true } });
    assert.deepEqual(
      store.domains.list().map(({ name, managedBy, config: { ssl } }) => [name, managedBy, ssl]),
      [
        ["a.example", "f", false],
        ["b.example", "g", true],
      ],
    );
    const other = { ...upstream, app: "shop-2" };
    const asked = [{ path: "/", upstream: other, maintenance: upstream }];
    store.domains.set({
      name: "c.example",
      managedBy: null,
      config: { ...domain, locations: asked },
    });
    const namesOf = (app: string) => store.domains.of(app).map(({ name }) => name);
    assert.deepEqual(["shop", "shop-2", "sho"].map(namesOf), [
      ["a.example", "b.example"],
      ["c.example"],
      [],
    ]);
    const key = { type: "t", fingerprint: "f", userId: null, managedBy: null, createdAt: moment };
    const bob = store.keys.add({ ...key, name: "bob", blob: "1" });
    store.keys.add({ ...key, name: "ann", blob: "2" });
    assert.throws(() => store.keys.add({ ...key, name: "eve", blob: "1" }));
    store.keys.remove(bob.id);
    assert.deepEqual(
      store.keys.list().map(({ name }) => name),
      ["ann"],
    );
  });

  check("a file's text is set, replaced and taken away", (store) => {
    store.configFiles.set("berth.yml", "a");
    store.configFiles.set("berth.yml", "b");
    assert.equal(store.configFiles.get("berth.yml"), "b");
    store.configFiles.set("berth.yml", null);
    assert.equal(store.configFiles.get("berth.yml"), null);
  });
}
