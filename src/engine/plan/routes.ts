import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Branch } from "#domain/branch.ts";
import type { DomainConfig, DomainUpstream } from "#domain/domain-name.ts";
import type { Instance } from "#domain/instance.ts";
import type { ProcessType } from "#domain/process-type.ts";
import type { Release } from "#domain/release.ts";
import type { Backend, BackendType, HostRoute, Upstream } from "#domain/router.ts";
import { wantedOf } from "./wanted.ts";

const labelLengthMax = 63;

export function backendKey(branchId: number): string {
  return String(branchId);
}

/** What stands behind a branch; null when nothing was ever deployed to it. */
export function backendOf(
  branch: Branch,
  current: Release | null,
  instances: readonly Instance[],
  artifactDir: (artifactId: number) => string,
): Backend | null {
  if (!current) {
    if (branch.mode !== "held") return null;
    return { mode: "held", heldUntilMs: branch.heldUntil?.getTime() ?? null, processTypes: {} };
  }
  const hashes = new Map(wantedOf(current).map((wanted) => [wanted.processType, wanted.specHash]));
  const peersOf = (processType: string) =>
    instances
      .filter((it) => it.processType === processType && it.specHash === hashes.get(processType))
      .filter((it) => it.healthyAt !== null && it.drainingAt === null)
      .flatMap((it) => (it.port === null ? [] : [`127.0.0.1:${it.port}`]));
  const processTypes = Object.entries(current.processTypes).flatMap(
    ([name, type]): [string, BackendType][] => {
      if (type.kind === "static")
        return [
          [name, { kind: "static", root: join(artifactDir(current.artifactId), type.directory) }],
        ];
      if (type.kind === "web")
        return [[name, { kind: "proxy", peers: peersOf(name), stripPrefix: type.stripPrefix }]];
      return [];
    },
  );
  return {
    mode: branch.mode,
    heldUntilMs: branch.heldUntil?.getTime() ?? null,
    processTypes: Object.fromEntries(processTypes),
  };
}

/** The process type that a branch's own host name leads to. */
export function frontOf(processTypes: Readonly<Record<string, ProcessType>> | null): string {
  const serving = Object.entries(processTypes ?? {}).filter(([, type]) => type.kind !== "worker");
  const front =
    serving.find(([name]) => name === "web") ??
    serving.find(([, type]) => type.kind === "web") ??
    serving[0];
  return front?.[0] ?? "web";
}

/**
 * The host name under which a branch answers without a domain: `shop.localhost`, or
 * `shop--staging.localhost`. What cannot be in a host name is replaced, with a few letters of a
 * hash, so that no two branches share a name.
 */
export function ownHostOf(
  branch: Pick<Branch, "appName" | "name" | "isDefault">,
  suffix: string,
): string {
  if (branch.isDefault) return `${branch.appName}.${suffix}`;
  const plain = branch.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const label = `${branch.appName}--${plain}`;
  if (plain === branch.name && label.length <= labelLengthMax) return `${label}.${suffix}`;
  const hash = createHash("sha256")
    .update(`${branch.appName}@${branch.name}`)
    .digest("hex")
    .slice(0, 6);
  return `${label.slice(0, labelLengthMax - 7)}-${hash}.${suffix}`;
}

/** The route of a branch's own host name. */
export function ownRouteOf(branch: Branch, current: Release | null): HostRoute {
  const processType = frontOf(current?.processTypes ?? branch.config.processTypes);
  const upstream = { backend: backendKey(branch.id), processType };
  return { locations: [{ path: "/", upstream, maintenance: null }], tls: null };
}

/**
 * The route of a domain. A location whose app or branch is not there is left out, as if it were
 * not written; null when none is left.
 */
export function domainRouteOf(
  config: DomainConfig,
  branchIdOf: (upstream: DomainUpstream) => number | null,
  tls: HostRoute["tls"],
): HostRoute | null {
  const upstreamOf = (upstream: DomainUpstream | null): Upstream | null => {
    const id = upstream === null ? null : branchIdOf(upstream);
    return id === null || upstream === null
      ? null
      : { backend: backendKey(id), processType: upstream.processType };
  };
  const locations = config.locations.flatMap(({ path, upstream, maintenance }) => {
    const found = upstreamOf(upstream);
    return found ? [{ path, upstream: found, maintenance: upstreamOf(maintenance) }] : [];
  });
  return locations.length === 0 ? null : { locations, tls };
}
