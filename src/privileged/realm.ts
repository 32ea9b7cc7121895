import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cgroupFolder, joinFiles, usersIn, type CgroupName } from "#domain/realm.ts";
import type { Ids, Realm } from "#domain/realm.ts";
import { namesIn, removeTree } from "#lib/files.ts";
import { entryWords, type Entry } from "./entry.ts";
import { supervisionLayout, type SupervisionLayout } from "./layout.ts";
import { removeAll } from "./trees.ts";

/** A home, and what is ours of the machine around it. */
export type Own = Realm & {
  readonly layout: SupervisionLayout;
  /** Whether apps have users of their own; else everything is the account's. */
  readonly hasUsers: boolean;
};

/** Makes the folders that the verbs work in, and removes what a killed predecessor left in them. */
export async function beginRealm(home: string, realm: Realm): Promise<Own> {
  const hasUsers = realm.usersFrom !== null;
  // The first thing that could be wrong with what we were told.
  if (hasUsers) usersIn(realm);
  const layout = supervisionLayout(home);
  const own = { ...realm, layout, hasUsers };
  const folders = [layout.scan, layout.services, layout.scratch, layout.caches, layout.artifacts];
  for (const folder of [...folders, layout.exits]) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  }
  // berthd watches for ends.
  if (hasUsers) await chown(layout.exits, 0, realm.account.gid);
  for (const name of await namesIn(layout.scratch))
    await removeAll(own, join(layout.scratch, name));
  for (const name of await namesIn(layout.services))
    if (!/^i\d+$/.test(name)) await removeTree(join(layout.services, name));
  return own;
}

/**
 * Words that start a program as a user for good, without a capability and without a way to get one,
 * that ends with whoever started it.
 */
export function become({ hasUsers }: Own, { uid, gid }: Ids): string[] {
  const who = ["--reuid", String(uid), "--regid", String(gid), "--clear-groups"];
  const nothing = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"];
  return hasUsers ? ["setpriv", ...who, ...nothing, "--pdeathsig", "KILL", "--"] : [];
}

/** What a program stands in, and has open, when it begins. */
export type Stand = Partial<Pick<Entry, "opened" | "joinsErrors">> & {
  readonly cgroup: CgroupName;
  /** Which it is to have for itself. */
  readonly port: number | null;
};

/** The same, in a cgroup. */
export function enter(realm: Own, ids: Ids, { cgroup, port, ...stand }: Stand): string[] {
  const cgroups = joinFiles(realm, cgroup);
  const unified = realm.cgroups.find(({ version }) => version === 2);
  const keeps = port !== null && realm.portsMap !== null && unified;
  const kept = keeps ? [String(realm.portsMap), String(port), cgroupFolder(unified, cgroup)] : [];
  return [...entryWords({ ...stand, cgroups, port: kept }), ...become(realm, ids)];
}
