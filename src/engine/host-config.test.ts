import assert from "node:assert/strict";
import { test } from "node:test";
import { BranchConfig } from "#domain/branch.ts";
import type { HostConfig } from "#domain/host-config.ts";
import { createWorld, eventually, type World } from "../../test/engine-world.ts";

const plain = BranchConfig.parse({});

function appsOf(branches: Readonly<Record<string, BranchConfig>>): HostConfig["apps"] {
  const file = "repo/shop.yml";
  return new Map([["shop", { file, branches: new Map(Object.entries(branches)) }]]);
}

async function configure(world: World, change: Partial<HostConfig>): Promise<void> {
  world.config = { ...world.config, ...change };
  await world.engine.configure(world.config);
}

const hostsOf = ({ router }: World) => Object.keys(router.table().hosts).toSorted();

test("when another branch becomes the default one, the host names change hands in one step", async () => {
  await using world = await createWorld({ apps: appsOf({ old: plain, staging: plain }) });
  assert.deepEqual(hostsOf(world), ["shop--staging.localhost", "shop.localhost"]);
  await configure(world, { apps: appsOf({ old: plain, staging: plain, main: plain }) });
  assert.deepEqual(hostsOf(world), [
    "shop--old.localhost",
    "shop--staging.localhost",
    "shop.localhost",
  ]);
  const main = world.store.branches.list().find(({ name }) => name === "main");
  const [location] = world.router.table().hosts["shop.localhost"]?.locations ?? [];
  assert.equal(location?.upstream.backend, String(main?.id));
});

test("a changed config makes a release without a build; one that changes nothing makes none", async () => {
  await using world = await createWorld({ apps: appsOf({ main: plain }) });
  await world.push("shop");
  await configure(world, { apps: appsOf({ main: plain }) });
  assert.equal(world.store.releases.of(1).length, 1);
  await configure(world, { apps: appsOf({ main: BranchConfig.parse({ env: { A: "1" } }) }) });
  const [job] = world.store.jobs.list({ branchId: 1, limit: 1 });
  assert.equal((await world.ended(job ?? null)).status, "done");
  assert.deepEqual(
    world.store.releases.of(1).map(({ number, artifactId }) => [number, artifactId]),
    [
      [2, 1],
      [1, 1],
    ],
  );
});

test("what files change of apps, domains and keys is in the audit, once", async () => {
  await using world = await createWorld({ apps: appsOf({ main: plain }) });
  const upstream = { app: "shop", branch: "main", processType: "web" };
  const config = {
    locations: [{ path: "/", upstream, maintenance: null }],
    ssl: false,
    certificate: null,
    key: null,
  };
  const key = { name: "laptop", type: "ssh-ed25519", blob: "AAAA", file: "keys/laptop" };
  const changed = BranchConfig.parse({ env: { SECRET: "s3cret" }, formation: { web: 2 } });
  const wanted = {
    apps: appsOf({ main: changed }),
    domains: new Map([["a.example", { file: "domains/a.yml", config }]]),
    keys: [key],
  };
  await configure(world, wanted);
  await configure(world, wanted);
  await configure(world, { domains: new Map(), keys: [] });
  const entries = world.store.people.audit.list({ within: null, limit: 20 }).toReversed();
  const fingerprint = "SHA256:cJ6AyISHokEeHuTfufIqhhSS0gxHZRUMDHlKvXD4FHw";
  assert.deepEqual(
    entries.map(({ target, input, after }) => [target, input["file"], after]),
    [
      [
        "shop",
        "repo/shop.yml",
        { app: "shop", team: "main", file: "repo/shop.yml", branch: "main" },
      ],
      ["shop", "repo/shop.yml", { "formation web": 2, "config var SECRET": "set" }],
      ["a.example", "domains/a.yml", { "domain a.example": "/ to main web" }],
      ["laptop", "keys/laptop", { "key laptop": fingerprint }],
      ["a.example", "domains/a.yml", { "domain a.example": null }],
      ["laptop", "keys/laptop", { "key laptop": null }],
    ],
  );
  assert.ok(!JSON.stringify(entries).includes("s3cret"));
  const shopId = world.store.apps.named("shop")?.id;
  assert.deepEqual(
    entries.map(({ appId }) => appId === shopId),
    [true, true, true, false, true, false],
  );
});

test("a setting of the server that changes is in the audit as it was and as it is", async () => {
  await using world = await createWorld();
  const { settings } = world.config;
  const mail = { ...settings.mail, host: "mail.example" };
  await world.engine.configure({
    ...world.config,
    settings: { ...settings, openPorts: [5432], mail },
  });
  const [entry] = world.store.people.audit.list({ within: null, limit: 2 });
  assert.deepEqual([entry?.operation, entry?.target], ["host_config.apply", "settings"]);
  assert.deepEqual(entry?.before, { "mail.host": null, open_ports: "" });
  assert.deepEqual(entry?.after, { "mail.host": "mail.example", open_ports: "5432" });
});

test("what a file manages cannot be changed by command", async () => {
  await using world = await createWorld({ apps: appsOf({ main: plain }) });
  await world.push("shop");
  const { engine } = world;
  const refused = { code: "managed_by_file", message: /repo\/shop\.yml/ };
  await assert.rejects(engine.setConfigVars("shop", { A: "1" }, "ann"), refused);
  await assert.rejects(engine.scale("shop", { web: 2 }, "ann"), refused);
});

test("a domain of a file is served, follows its changes, and goes with the file", async () => {
  await using world = await createWorld({ apps: appsOf({ main: plain }) });
  const upstream = { app: "shop", branch: "main", processType: "web" };
  const domain = (path: string) => ({
    file: "domains/a.yml",
    config: {
      locations: [{ path, upstream, maintenance: null }],
      ssl: false,
      certificate: null,
      key: null,
    },
  });
  const pathsOf = () =>
    world.router.table().hosts["a.example"]?.locations.map((location) => location.path);
  await configure(world, { domains: new Map([["a.example", domain("/")]]) });
  assert.deepEqual(pathsOf(), ["/"]);
  await configure(world, { domains: new Map([["a.example", domain("/shop")]]) });
  assert.deepEqual(pathsOf(), ["/shop"]);
  await configure(world, { domains: new Map() });
  assert.equal(pathsOf(), undefined);
});

test("what a file's domain leads to is no more led to when it is gone", async () => {
  await using world = await createWorld();
  const location = (app: string, path: string) => ({
    path,
    upstream: { app, branch: "main", processType: "web" },
    maintenance: null,
  });
  const config = { ssl: false, certificate: null, key: null };
  const file = "domains/a.yml";
  for (const app of ["shop", "blog"]) {
    await world.engine.createApp(app, "ann");
    await world.push(app);
  }
  await configure(world, {
    domains: new Map([
      ["a.example", { file, config: { ...config, locations: [location("shop", "/")] } }],
      [
        "b.example",
        { file, config: { ...config, locations: [location("shop", "/"), location("blog", "/b")] } },
      ],
    ]),
  });
  assert.deepEqual(hostsOf(world), ["a.example", "b.example", "blog.localhost", "shop.localhost"]);
  await world.ended(await world.engine.destroyApp("shop", "ann"));
  assert.deepEqual(hostsOf(world), ["b.example", "blog.localhost"]);
  const left = world.router.table().hosts["b.example"]?.locations;
  assert.deepEqual(
    left?.map(({ path }) => path),
    ["/b"],
  );
});

test("an app that left the files runs on until the cleanup", async () => {
  await using world = await createWorld({ apps: appsOf({ main: plain, staging: plain }) });
  await world.push("shop");
  await configure(world, { apps: appsOf({ main: plain }) });
  assert.equal(world.store.branches.list().length, 2);
  const job = await world.ended(await world.engine.cleanup("ann"));
  assert.deepEqual([job.status, job.steps[0]?.title], ["done", "Removing shop@staging"]);
  const told = "shop@staging was removed: repo/shop.yml names it no more.";
  assert.ok((await world.output(job)).includes(told));
  assert.equal(await world.engine.cleanup("ann"), null);
  assert.deepEqual(hostsOf(world), ["shop.localhost"]);
  await configure(world, { apps: new Map() });
  assert.equal(world.executor.started().length, 1);
  await world.engine.cleanup("ann");
  await eventually(() => world.executor.started().length === 0, "it is gone");
  assert.deepEqual(world.store.apps.list(), []);
});

test("a mistake in a file is told among the events", async () => {
  await using world = await createWorld();
  const problem = { file: "repo/shop.yml", line: 3, key: "branches", problem: "names no branch" };
  const broken = { ...problem, severity: "error", fix: "Name one." } as const;
  const warning = { ...broken, severity: "warning", problem: "names an old key" } as const;
  await configure(world, { problems: [broken, warning] });
  const events = await world.engine.listEvents({ target: null, visible: null, limit: 10 });
  const told = events.filter(({ type }) => type === "host_config.refused");
  assert.equal(told.length, 1);
  assert.match(told[0]?.message ?? "", /^repo\/shop\.yml:3: branches: names no branch\..*Name one/);
});

test("a push to a branch that the cleanup removes is refused, and never breaks", async () => {
  await using world = await createWorld({ apps: appsOf({ main: plain, staging: plain }) });
  await world.push("shop");
  await configure(world, { apps: appsOf({ main: plain }) });
  const job = await world.engine.cleanup("ann");
  const refusals = new Set<string>();
  const push = { app: "shop", branch: "staging", from: null, actor: "ann" };
  for (let attempt = 0; attempt < 50 && refusals.size < 2; attempt += 1) {
    const asked = { ...push, commit: world.source.commit({ Procfile: `web: ${attempt}\n` }) };
    await world.engine.deploy(asked).catch((error: { code: string }) => refusals.add(error.code));
    await new Promise((wait) => setTimeout(wait, 1));
  }
  assert.equal((await world.ended(job)).status, "done");
  assert.deepEqual([...refusals].at(-1), "branch_not_found");
  assert.ok([...refusals].every((code) => ["branch_removed", "branch_not_found"].includes(code)));
  assert.deepEqual(world.store.jobs.open(), []);
  assert.deepEqual(world.errors, []);
});
