import { join } from "node:path";
import type { z } from "zod";
import type { Limits } from "#domain/limits.ts";
import { privilegedVerbs } from "#domain/privileges.ts";
import { readIfThere } from "#lib/files.ts";
import type { SupervisionLayout } from "./layout.ts";
import type { Realm } from "./realm.ts";
import type { Confined } from "./walls.ts";

export const instanceCgroup = (id: number) => `i${id}`;
export const loggerCgroup = (id: number) => `l${id}`;

/** What an instance itself is behind. */
export function confinedOf(
  realm: Realm,
  { id, user, limits, network, port }: Kept & { id: number },
): Confined {
  return { uid: realm.userOf(user).uid, name: instanceCgroup(id), limits, network, port };
}

/** What an instance prints costs somebody else than Berth and the other apps: its own logger. */
export function loggerOf(realm: Realm, { id, user }: Kept & { id: number }): Confined {
  return {
    uid: realm.userOf(user).uid,
    name: loggerCgroup(id),
    limits: loggerLimits,
    network: null,
    port: null,
  };
}

const loggerLimits: Limits = {
  memoryBytes: 32 * 1024 ** 2,
  cpuCores: 0.2,
  pids: 8,
  openFiles: 64,
  diskBytes: 1024 ** 2,
};

/** What must be known of an instance for as long as anything is left of it. */
const Kept = privilegedVerbs.startInstance.pick({
  user: true,
  limits: true,
  network: true,
  port: true,
});
export type Kept = z.infer<typeof Kept>;

/** Null for an instance that is gone. */
export async function keptOf(layout: SupervisionLayout, id: number): Promise<Kept | null> {
  const text = await readIfThere(join(layout.service(id), keptFile));
  return text === null ? null : Kept.parse(JSON.parse(text));
}

export function renderKept({ user, limits, network, port }: Kept): string {
  return JSON.stringify({ user, limits, network, port });
}

/** Its name in the service's folder. */
export const keptFile = "kept.json";
