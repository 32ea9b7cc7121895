import { join } from "node:path";
import type { z } from "zod";
import type { Limits } from "#domain/limits.ts";
import { privilegedVerbs } from "#domain/privileges.ts";
import { readIfThere, writeAtomic } from "#lib/files.ts";
import type { SupervisionLayout } from "./layout.ts";
import type { Realm } from "./realm.ts";
import type { Confined } from "./walls.ts";

/** What an instance itself is behind. */
export function confinedOf(
  realm: Realm,
  { id, user, limits, network, port }: Kept & { id: number },
): Confined {
  return { uid: realm.userOf(user).uid, name: `i${id}`, limits, network, port };
}

/** What an instance prints costs somebody else than Berth and the other apps: its own logger. */
export function loggerOf(realm: Realm, { id, user }: Kept & { id: number }): Confined {
  return {
    uid: realm.userOf(user).uid,
    name: `l${id}`,
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
  const text = await readIfThere(join(layout.service(id), "kept.json"));
  return text === null ? null : Kept.parse(JSON.parse(text));
}

export async function writeKept(
  service: string,
  { user, limits, network, port }: Kept,
): Promise<void> {
  const text = JSON.stringify({ user, limits, network, port });
  await writeAtomic(join(service, "kept.json"), text, 0o600);
}
