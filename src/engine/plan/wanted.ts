import { createHash } from "node:crypto";
import { identitiesOf, type ConfigVars } from "#domain/config-var.ts";
import type { Instance, InstanceSpec } from "#domain/instance.ts";
import { limitsOf } from "#domain/limit-choices.ts";
import { instanceLimits } from "#domain/limits.ts";
import type { Release } from "#domain/release.ts";

/** How many instances of one process type a release wants, and what each of them is. */
export type WantedType = {
  readonly processType: string;
  readonly count: number;
  readonly spec: InstanceSpec;
  /** Equal for two releases exactly when an instance of one can serve the other. */
  readonly specHash: string;
};

/** What a release wants to run; files that the router serves itself need nothing. */
export function wantedOf(release: Release): WantedType[] {
  return Object.entries(release.processTypes).flatMap(([processType, { kind, command, count }]) => {
    if (kind === "static") return [];
    const { artifactId, config } = release;
    const limits = limitsOf(config.limits, processType);
    const { health } = config;
    const spec = { artifactId, command, kind, env: environmentOf(release), health, limits };
    return [{ processType, count, spec, specHash: hashOf(spec) }];
  });
}

/** How many instances a release wants in all. */
export function countOf({ processTypes }: Pick<Release, "processTypes">): number {
  const running = Object.values(processTypes).filter(({ kind }) => kind !== "static");
  return running.reduce((sum, { count }) => sum + count, 0);
}

/** What a release lacks of these instances, and has too many of: `web x2, worker x1`. */
export function differenceOf(
  release: Release,
  instances: readonly Instance[],
): { readonly missing: string; readonly surplus: string } {
  const staying = instances.filter((it) => it.drainingAt === null && it.retiringAt === null);
  const counts = wantedOf(release).map(({ processType, specHash, count }) => {
    const same = staying.filter((it) => it.processType === processType && it.specHash === specHash);
    return { processType, by: count - same.length };
  });
  const named = (sign: 1 | -1) =>
    counts
      .filter(({ by }) => by * sign > 0)
      .map(({ processType, by }) => `${processType} x${by * sign}`)
      .join(", ");
  return { missing: named(1), surplus: named(-1) };
}

/** The environment of a release's processes, hooks and one-off commands, without PORT. */
export function environmentOf({ config, commit }: Pick<Release, "config" | "commit">): ConfigVars {
  return { ...config.env, GIT_COMMIT: commit };
}

/**
 * Of the secrets only what they are called: it is kept in the clear. Of the limits only those that a
 * program has from its start to its end; the others are changed while it runs.
 */
function hashOf({ limits, ...spec }: InstanceSpec): string {
  const { openFiles, diskBytes } = limits;
  const isUsual = openFiles === instanceLimits.openFiles && diskBytes === instanceLimits.diskBytes;
  const fixed = isUsual ? {} : { limits: { openFiles, diskBytes } };
  const env = Object.entries(identitiesOf(spec.env)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify({ ...spec, ...fixed, env }))
    .digest("hex")
    .slice(0, 24);
}
