import { join } from "node:path";
import type { z } from "zod";
import type { Limits } from "#domain/limits.ts";
import { privilegedVerbs } from "#domain/privileges.ts";
import { namesIn, nullIfMissing, readIfThere, writeAtomic } from "#lib/files.ts";
import { instanceIdOf, type SupervisionLayout } from "./layout.ts";
import type { Realm } from "./realm.ts";
import type { Confined } from "./walls.ts";

/** What must be known of an instance for as long as anything is left of it. */
const Kept = privilegedVerbs.startInstance.pick({
  user: true,
  limits: true,
  network: true,
  port: true,
});
export type Kept = { readonly id: number } & z.infer<typeof Kept>;

/** Its name in the service's folder. */
export const keptFile = "kept.json";

export function renderKept({ user, limits, network, port }: Kept): string {
  return JSON.stringify({ user, limits, network, port });
}

/** Null for an instance that is gone. */
export async function keptOf({ service }: SupervisionLayout, id: number): Promise<Kept | null> {
  const text = await readIfThere(join(service(id), keptFile));
  return text === null ? null : { id, ...Kept.parse(JSON.parse(text)) };
}

/** What is gone meanwhile needs nothing any more. */
export async function keepAnew({ service }: SupervisionLayout, kept: Kept): Promise<void> {
  const file = join(service(kept.id), keptFile);
  await writeAtomic(file, renderKept(kept), 0o600).catch(nullIfMissing);
}

export async function instancesIn({ services }: SupervisionLayout): Promise<number[]> {
  return (await namesIn(services)).flatMap((name) => instanceIdOf(name) ?? []);
}

export async function allKept(layout: SupervisionLayout): Promise<Kept[]> {
  const kept = (await instancesIn(layout)).map((id) => keptOf(layout, id));
  return (await Promise.all(kept)).filter((it) => it !== null);
}

/**
 * What an instance itself is behind, and what its logger is: what an instance prints costs nobody
 * else but its own.
 */
export function confinedOf(
  { userOf }: Realm,
  { id, user, limits, network, port }: Kept,
): [own: Confined, logger: Confined] {
  const { uid } = userOf(user);
  return [
    { uid, name: `i${id}`, limits, network, port },
    { uid, name: `l${id}`, limits: loggerLimits, network: null, port: null },
  ];
}

const loggerLimits: Limits = {
  memoryBytes: 32 * 1024 ** 2,
  cpuCores: 0.2,
  pids: 8,
  openFiles: 64,
  diskBytes: 1024 ** 2,
};
