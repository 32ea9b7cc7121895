import assert from "node:assert/strict";
import { test } from "node:test";
import { branch, instance, moment, release } from "../../test/factories.ts";
import { createWorld, engineOver } from "../../test/engine-world.ts";
import type { EngineContext } from "./context.ts";
import { Publisher } from "./publish.ts";
import { Traffic } from "./traffic.ts";

const page = { target: null, visible: null, after: null, limit: 20 } as const;

test("what a page, the router's table and a look at the traffic ask for does not grow with the branches", async () => {
  await using world = await createWorld();
  let asked = 0;
  const counting = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value === "object" && value !== null) return counting(value);
        if (typeof value === "function") asked += 1;
        return value;
      },
    });
  const { store, metrics } = world.context;
  const context = { ...world.context, store: counting(store), metrics: counting(metrics) };
  const engine = engineOver(context);
  const publisher = new Publisher(context);
  const traffic = new Traffic(context, publisher);
  const works: Record<string, () => unknown> = {
    "a page of apps": () => engine.listApps(page),
    "running apps": () => engine.listApps({ ...page, states: ["running"] }),
    "a page of jobs": () => engine.listJobs(page),
    "a page of events": () => engine.listEvents(page),
    "all domains": () => engine.listDomains(null),
    "the last hour of every branch": () => engine.overview(page),
    "the status": () => engine.status(),
    "the router's table": () => publisher.all(),
    "differences of the router's table": () => publisher.differences(),
    "a look at the traffic": () => traffic.refresh(),
  };
  const costs = async (): Promise<Record<string, number>> => {
    const found: Record<string, number> = {};
    for (const [name, work] of Object.entries(works)) {
      asked = 0;
      await work();
      found[name] = asked;
    }
    return found;
  };
  addApps(context, 0, 10);
  const few = await costs();
  addApps(context, 10, 100);
  assert.deepEqual(await costs(), few);
});

/** Each with a release that runs, and a domain. */
function addApps({ store }: EngineContext, from: number, to: number): void {
  for (let number = from; number < to; number += 1) {
    const name = `app-${number}`;
    const app = store.apps.add({ name, managedBy: null, createdAt: moment });
    const { config } = branch();
    const { id } = store.branches.add({ appId: app.id, name: "main", isDefault: true, config });
    const built = store.artifacts.add({ branchId: id, commit: "a".repeat(40), createdAt: moment });
    const { description, actor } = release();
    const row = { config, description, actor, createdAt: moment };
    const added = store.releases.add({ ...row, branchId: id, artifactId: built.id });
    store.branches.update(id, { currentReleaseId: added.id });
    const { spec, specHash, processType, index } = instance();
    const place = { branchId: id, processType, index, port: 20_000 + number };
    const running = store.instances.add({ ...place, spec, specHash, createdAt: moment });
    store.instances.update(running.id, { healthyAt: moment });
    const upstream = { app: name, branch: "main", processType: "web" };
    const locations = [{ path: "/", upstream, maintenance: null }];
    const domain = { locations, ssl: false, certificate: null, key: null };
    store.domains.set({ name: `${name}.example`, managedBy: null, config: domain });
  }
}
