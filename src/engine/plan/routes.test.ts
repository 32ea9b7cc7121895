import assert from "node:assert/strict";
import { test } from "node:test";
import type { DomainConfig } from "#domain/domain-name.ts";
import { branch, instance, moment, release, web } from "../../../test/factories.ts";
import { backendOf, domainRouteOf, frontOf, ownHostOf, ownRouteOf } from "./routes.ts";
import { wantedOf } from "./wanted.ts";

const dirOf = (id: number) => `/artifacts/${id}`;
const hostOf = (name: string, appName = "shop") =>
  ownHostOf({ appName, name, isDefault: false }, "localhost");
const labelOf = (host: string) => host.split(".")[0] ?? "";

test("the default branch has the app's name, another one its own after it", () => {
  assert.equal(ownHostOf(branch(), "example.com"), "shop.example.com");
  assert.equal(hostOf("staging"), "shop--staging.localhost");
});

test("branches that would be written the same have different host names", () => {
  const names = ["feature/a", "feature-a", "Feature-a", "feature_a", "feature.a", "feature--a"];
  const hosts = names.map((name) => hostOf(name));
  assert.equal(new Set(hosts).size, names.length);
  assert.equal(hostOf("feature-a"), "shop--feature-a.localhost");
});

test("a host name's label is never longer than 63 letters, nor shared by two apps", () => {
  const long = "a".repeat(58);
  const hosts = ["b", "c"].map((end) => hostOf("staging", `${long}${end}`));
  assert.equal(new Set(hosts).size, 2);
  for (const host of [...hosts, hostOf("x".repeat(100)), hostOf(`${"x-".repeat(40)}y`)]) {
    assert.match(labelOf(host), /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/);
  }
});

test("the front is web, else the first that serves HTTP, else the files", () => {
  const files = web({ kind: "static" });
  const worker = web({ kind: "worker" });
  assert.equal(frontOf({ worker, api: web(), web: web() }), "web");
  assert.equal(frontOf({ files, worker, api: web() }), "api");
  assert.equal(frontOf({ worker, files }), "files");
  assert.equal(frontOf({ worker }), "web");
  assert.equal(frontOf(null), "web");
});

test("only healthy instances of the current release's spec are peers", () => {
  const current = release();
  const [wanted] = wantedOf(current);
  const specHash = wanted?.specHash ?? "";
  const instances = [
    instance({ id: 1, port: 1, specHash }),
    instance({ id: 2, port: 2, specHash, healthyAt: null }),
    instance({ id: 3, port: 3, specHash, drainingAt: moment }),
    instance({ id: 4, port: 4, specHash: "older" }),
    instance({ id: 5, port: 5, specHash, retiringAt: moment }),
  ];
  const backend = backendOf(branch({ currentReleaseId: 1 }), current, instances, dirOf);
  assert.deepEqual(backend?.processTypes["web"], {
    kind: "proxy",
    peers: ["127.0.0.1:1", "127.0.0.1:5"],
    stripPrefix: false,
  });
});

test("files are served from the folder inside the artifact, and workers not at all", () => {
  const processTypes = {
    site: web({ kind: "static", directory: "public" }),
    mail: web({ kind: "worker" }),
  };
  const backend = backendOf(branch(), release({ artifactId: 9, processTypes }), [], dirOf);
  assert.deepEqual(backend?.processTypes, {
    site: { kind: "static", root: "/artifacts/9/public" },
  });
});

test("nothing stands behind a branch that was never deployed, unless requests wait for it", () => {
  assert.equal(backendOf(branch(), null, [], dirOf), null);
  const held = branch({ mode: "held", heldUntil: moment });
  assert.deepEqual(backendOf(held, null, [], dirOf), {
    mode: "held",
    heldUntilMs: moment.getTime(),
    processTypes: {},
  });
});

test("a branch's own host leads to its front", () => {
  const route = ownRouteOf(branch({ id: 4 }), release({ processTypes: { api: web() } }));
  assert.deepEqual(route.locations, [
    { path: "/", upstream: { backend: "4", processType: "api" }, maintenance: null },
  ]);
});

test("a location whose app is not there is left out, and a domain without any is none", () => {
  const upstream = (app: string) => ({ app, branch: "main", processType: "web" });
  const config: DomainConfig = {
    locations: [
      { path: "/", upstream: upstream("shop"), maintenance: upstream("gone") },
      { path: "/old", upstream: upstream("gone"), maintenance: null },
    ],
    ssl: false,
    certificate: null,
    key: null,
  };
  const idOf = ({ app }: { app: string }) => (app === "shop" ? 4 : null);
  assert.deepEqual(domainRouteOf(config, idOf, null), {
    locations: [{ path: "/", upstream: { backend: "4", processType: "web" }, maintenance: null }],
    tls: null,
  });
  assert.equal(
    domainRouteOf(config, () => null, null),
    null,
  );
});

test("two releases share their instances exactly when these would be the same", () => {
  const hashOf = (overrides: Parameters<typeof release>[0]) =>
    wantedOf(release(overrides))[0]?.specHash;
  const { config } = release();
  const withEnv = (env: Record<string, string>) => hashOf({ config: { ...config, env } });
  assert.equal(hashOf({ number: 2, processTypes: { web: web({ count: 5 }) } }), hashOf({}));
  assert.equal(withEnv({ A: "1", B: "2" }), withEnv({ B: "2", A: "1" }));
  const others = [
    hashOf({ artifactId: 2 }),
    hashOf({ processTypes: { web: web({ command: "other" }) } }),
    withEnv({ A: "1" }),
    withEnv({ A: "2" }),
    hashOf({ config: { ...config, health: { path: "/up", timeoutS: 30 } } }),
  ];
  assert.equal(new Set([hashOf({}), ...others]).size, 6);
});
