import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { usersIn, type FencePlace, type Ids, type Realm } from "#domain/realm.ts";
import { keepPorts } from "#lib/bind-program.ts";
import type { PortRange } from "#lib/bpf.ts";
import { readHierarchies } from "#lib/cgroups.ts";
import { exec, ExecError } from "#lib/exec.ts";
import { readIfThere, writeAtomic } from "#lib/files.ts";
import { canScopeSockets } from "#lib/landlock.ts";
import { countSockets } from "#lib/socket-count.ts";
import { readOutgoingRange } from "#lib/sockets.ts";
import { cgroupOfFence, makeCgroups, removeCgroups } from "./cgroups.ts";
import { renderFence } from "./fence-rules.ts";

export type RealmUsers = {
  readonly account: Ids;
  readonly router: Ids;
  /** The first uid of the home's range. */
  readonly appsFrom: number;
};

/**
 * Puts up, as root, what the apps of a home are to be kept by: their part of the cgroups and the
 * fence, both empty, as nothing of the home runs yet. Notes what there is in a folder of root's.
 */
export async function makeRealm(
  folder: string,
  { account, router, appsFrom }: RealmUsers,
): Promise<Realm> {
  const key = `u${appsFrom}`;
  const cgroups = await makeCgroups(key, account);
  const unified = cgroups.find(({ version }) => version === 2);
  const outgoing = await readOutgoingRange();
  const half = Math.floor((outgoing.max - outgoing.min) / 2);
  const [scopesSockets, portsMap, countsSockets] = await Promise.all([
    canScopeSockets(),
    unified ? keepPorts(unified.apps, outgoing) : null,
    unified ? countSockets(unified.apps, half) : false,
  ]);
  const kept = { scopesSockets, portsMap, countsSockets };
  const realm = { account, usersFrom: appsFrom, cgroups, ...kept };
  const trusted = [0, account.uid, router.uid];
  const made: Realm = { ...realm, ...(await makeFence(folder, key, realm, { trusted, outgoing })) };
  await writeAtomic(realmFile(folder), JSON.stringify(made), 0o644);
  return made;
}

/** What was put up; null for a home that nothing was put up for. */
export async function readRealm(folder: string): Promise<Realm | null> {
  const text = await readIfThere(realmFile(folder));
  return text === null ? null : (JSON.parse(text) as Realm);
}

/** Leaves nothing of it on the machine; for a home in which nothing runs. Repeatable. */
export async function removeRealm({ fence, cgroups }: Realm): Promise<void> {
  if (fence) await exec(["nft", "-f", "-"], { input: forgetting(fence.table) });
  await removeCgroups(cgroups);
}

function realmFile(folder: string): string {
  return join(folder, "realm.json");
}

async function makeFence(
  folder: string,
  key: string,
  realm: Pick<Realm, "account" | "usersFrom" | "cgroups" | "portsMap">,
  { trusted, outgoing }: { readonly trusted: readonly number[]; readonly outgoing: PortRange },
): Promise<Pick<Realm, "fence" | "fenceProblem">> {
  const without = (fenceProblem: string) => ({ fence: null, fenceProblem });
  const apps = cgroupOfFence(realm.cgroups, await readHierarchies());
  if (apps === null) return without("no hierarchy of cgroups version 2 is mounted");
  assert(/^[\w./-]+$/.test(apps.path), "the cgroup of a fence is a path");
  const forConnections = realm.portsMap === null ? null : outgoing;
  const uids = usersIn(realm);
  const rules = renderFence({ uids, trustedUids: trusted, apps, forConnections });
  const version = `rules_${createHash("sha256").update(rules).digest("hex").slice(0, 12)}`;
  const table = `inet berth_${key}`;
  const file = join(folder, "fence.nft");
  const chains = [...rules.matchAll(/^ +chain (\w+) \{$/gm)].map(([, name = ""]) => name);
  const fence: FencePlace = { table, version, chains, file, apps: apps.path };
  const text = `${forgetting(table)}table ${table} {${rules}\n    chain ${version} {}\n}\n`;
  await writeAtomic(file, text, 0o600);
  try {
    await exec(["nft", "-f", file]);
    return { fence, fenceProblem: null };
  } catch (error) {
    if (error instanceof ExecError) return without(error.stderrTail.trim() || error.message);
    throw error;
  }
}

/** Making it first makes removing it no error. */
function forgetting(table: string): string {
  return `table ${table}\ndelete table ${table}\n`;
}
