import assert from "node:assert/strict";
import { test } from "node:test";
import type { BranchView } from "#api/views.ts";
import { chooseApps, listedApp, type AppFilter, type AppOrder } from "./app-list.ts";

const all: AppFilter = { find: "", state: "", team: "" };

test("apps are put in order by what one wants to see first, the rest by name", () => {
  const apps = [
    app("blog", { state: "running", requests: [1, 2], createdAt: "2026-03-01T00:00:00Z" }),
    app("api", { state: "crashing", memoryBytes: 5 }),
    app("shop", { state: "stopped", requests: [9], createdAt: "2026-01-01T00:00:00Z" }),
    app("docs", { state: "running", memoryBytes: 7 }),
  ];
  const namesBy = (order: AppOrder) => chooseApps(apps, all, order).map(({ name }) => name);
  assert.deepEqual(namesBy("name"), ["api", "blog", "docs", "shop"]);
  assert.deepEqual(namesBy("state"), ["api", "shop", "blog", "docs"]);
  assert.deepEqual(namesBy("traffic"), ["shop", "blog", "api", "docs"]);
  assert.deepEqual(namesBy("memory"), ["docs", "api", "blog", "shop"]);
  assert.deepEqual(namesBy("deployed"), ["blog", "shop", "api", "docs"]);
});

test("apps are found by a part of the name, by the state of any branch, and by team", () => {
  const apps = [
    app("shop", { state: "running", team: "web" }),
    app("shop-admin", { state: "stopped", team: "web" }),
    app("ledger", { state: "running", team: "data" }),
  ];
  const namesOf = (filter: Partial<AppFilter>) =>
    chooseApps(apps, { ...all, ...filter }, "name").map(({ name }) => name);
  assert.deepEqual(namesOf({ find: "SHOP" }), ["shop", "shop-admin"]);
  assert.deepEqual(namesOf({ state: "running" }), ["ledger", "shop"]);
  assert.deepEqual(namesOf({ team: "web", state: "stopped" }), ["shop-admin"]);
  assert.deepEqual(namesOf({ find: "x" }), []);
});

type Wanted = {
  readonly state: BranchView["state"];
  readonly team?: string;
  readonly requests?: number[];
  readonly memoryBytes?: number;
  readonly createdAt?: string;
};

function app(name: string, wanted: Wanted) {
  const { state, team = "main", requests = [], memoryBytes = 0, createdAt } = wanted;
  const at = createdAt ?? "2025-01-01T00:00:00Z";
  const current = {
    number: 1,
    commit: "c0ffee",
    description: "",
    actor: "ann",
    status: "healthy" as const,
    createdAt: at,
    healthyAt: at,
  };
  const branch = {
    target: name,
    name: "main",
    isDefault: true,
    state,
    urls: [],
    healthy: 1,
    wanted: 1,
    current: createdAt === undefined ? null : current,
  };
  const view = { name, managedBy: null, network: "open" as const, createdAt: at };
  const traffic = {
    target: name,
    from: at,
    stepS: 60,
    requests,
    failures: [],
    cpuCores: 0,
    memoryBytes,
  };
  const status = { app: view, team, gitRemote: "", branches: [branch] };
  return listedApp(status, new Map([[name, traffic]]));
}
