import { watch } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Limits } from "#domain/limits.ts";
import type { AppFacts, InstanceProgram, Privileges, Protections } from "#domain/privileges.ts";
import { userOf, type Realm } from "#domain/realm.ts";
import { nullIf } from "#lib/files.ts";
import { seccompProgram } from "#lib/seccomp.ts";
import { AppFolders } from "./app-folders.ts";
import { runAsUser } from "./as-user.ts";
import { Cgroups } from "./cgroups.ts";
import { createRootClient } from "./client.ts";
import { openCommand, type Surroundings } from "./commands.ts";
import { fenceSight } from "./fence.ts";
import { lookAt, socketsOf } from "./inspect.ts";
import { KeptInstances } from "./kept.ts";
import { askedToEnd, insideOf } from "./processes.ts";
import { programOf, type Tools } from "./programs.ts";
import { retireUser } from "./retire.ts";
import { SharedEtc } from "./shared-etc.ts";
import { confinedOf, Walls } from "./walls.ts";

export type PrivilegesOptions = {
  readonly home: string;
  readonly realm: Realm;
  readonly tools: Tools;
  /** A new connection to whoever has privilege. */
  readonly connect: () => Duplex;
};

type World = Surroundings & { readonly data: string; readonly kept: KeptInstances };

/** What runs as apps' users, made of berth-root's verbs and of what needs no privilege. */
export async function createPrivileges(options: PrivilegesOptions): Promise<Privileges> {
  const { home, realm, tools } = options;
  const root = createRootClient(options.connect);
  const { call } = root;
  const cgroups = new Cgroups(realm.cgroups, async (uid, pids) => {
    const user = uid - (realm.usersFrom ?? 0);
    await runAsUser(root, user, ["kill", "-KILL", ...pids.map(String)]);
  });
  const kept = new KeptInstances(join(home, "run/instances"));
  const walls = new Walls(realm, cgroups, kept, call);
  const data = join(home, "data");
  const folders = new AppFolders(data, realm, call);
  const etc = new SharedEtc(join(home, "run/etc"));
  const world: World = { data, realm, tools, folders, etc, walls, root, kept };
  await forgetOthers(world);
  return {
    call,
    startInstance: (instance) => startInstance(world, instance),
    stopInstance: (id, graceMs) => stopInstance(world, id, graceMs),
    limitInstance: (id, limits) => limitInstance(world, id, limits),
    reviveInstance: async (id) => {
      const found = await kept.get(id);
      for (const confined of found ? confinedOf(id, found) : []) await walls.putUp(confined);
      await call("reviveInstance", { id });
    },
    memoryOf: async (id) => {
      const found = await kept.get(id);
      return found && cgroups.memory({ uid: userOf(realm, found.user).uid, name: `i${id}` });
    },
    listSockets: (id) => listSockets(world, id),
    openCommand: (command) => openCommand(world, command),
    setNetwork: async (user, network) => {
      for (const { id, kept: own } of await kept.all())
        if (own.user === user) await kept.put(id, { ...own, network });
      await walls.setNetwork(user, network);
    },
    setPorts: (ports) => walls.setPorts(ports),
    mendFence: () => walls.mend(),
    inspectApp: (user) => inspectApp(world, user),
    retireUser: (user) => retireUser(world, user),
    protections: protectionsOf(realm, cgroups),
    watchExits: (onExit) => watchExits(join(home, "run/exits"), onExit),
  };
}

function protectionsOf(
  { fence, fenceProblem, scopesSockets, portsMap }: Realm,
  { controllers }: Cgroups,
): Protections {
  const hasFilter = seccompProgram() !== null;
  const limited = [...controllers];
  const hasFence = fence !== null;
  return {
    limited,
    hasFence,
    fenceProblem,
    hasFilter,
    scopesSockets,
    keepsPorts: portsMap !== null,
  };
}

/** Ends what commands of a killed berthd left, and what is known of instances that are gone. */
async function forgetOthers({ root, kept, walls }: World): Promise<void> {
  const supervised = await root.call("observeInstances", { id: null });
  const ids = new Set(supervised.map(({ id }) => id));
  for (const { id } of await kept.all()) if (!ids.has(id)) await kept.drop(id);
  const names = new Set((await kept.all()).flatMap(({ id }) => [`i${id}`, `l${id}`]));
  for (const [uid, own] of await walls.cgroups.apps())
    for (const name of own) if (!names.has(name)) await walls.cgroups.remove({ uid, name });
}

async function startInstance(world: World, instance: InstanceProgram): Promise<void> {
  const { realm, tools, folders, etc, walls, root, kept } = world;
  const { id, user, artifactId, command, env, limits, network, port, logName } = instance;
  const dir = await folders.artifact(artifactId, user);
  const ids = userOf(realm, user);
  const sandbox = { user: ids, dir, building: null, etc, scratchBytes: limits.diskBytes, env };
  const program = programOf(
    {
      command,
      limits,
      isCounted: walls.cgroups.controllers.includes("pids"),
      sandbox: { ...sandbox, terminal: null },
    },
    tools,
  );
  const known = { user, limits, network, port };
  await kept.put(id, known);
  const both = confinedOf(id, known);
  await Promise.all(both.map((confined) => walls.putUp(confined)));
  const start = { id, user, network, port, program, logName };
  await walls.toldFence(() => root.call("startInstance", start));
}

async function stopInstance(
  { walls, root, kept }: World,
  id: number,
  graceMs: number,
): Promise<void> {
  const found = await kept.get(id);
  const outer = await outerOf({ root }, id);
  const asked = outer === null ? [] : await askedToEnd(outer);
  // What is not known was never started: any user will do, as nobody is asked.
  const user = found?.user ?? 1;
  await root.call("stopInstance", { id, user, asked: found ? asked : [], graceMs });
  for (const confined of found ? confinedOf(id, found) : []) await walls.takeDown(confined);
  await kept.drop(id);
}

async function outerOf({ root }: Pick<World, "root">, id: number): Promise<number | null> {
  const [seen] = await root.call("observeInstances", { id });
  return seen?.pid ?? null;
}

async function limitInstance(
  { realm, walls, kept }: World,
  id: number,
  limits: Limits,
): Promise<void> {
  const found = await kept.get(id);
  if (!found) return;
  await kept.put(id, { ...found, limits });
  const { uid } = userOf(realm, found.user);
  // Version 1 does not go below what is in use: then it holds from the next start on.
  const update = async () => walls.cgroups.update({ uid, name: `i${id}` }, limits);
  await update().catch(nullIf(["EBUSY"]));
}

async function listSockets({ root, kept }: World, id: number): Promise<number[]> {
  const [found, outer] = [await kept.get(id), await outerOf({ root }, id)];
  if (!found || outer === null) return [];
  return socketsOf(await insideOf(outer), (argv) => runAsUser(root, found.user, argv));
}

/** Looks at everything of an app that runs, as it is and not as it was asked for. */
async function inspectApp({ realm, walls, root, kept }: World, user: number): Promise<AppFacts> {
  const { uid } = userOf(realm, user);
  const own = (await kept.all()).filter((it) => it.kept.user === user);
  await walls.mend();
  const fence = await root.call("lookAtFence", {});
  const inspect = async ({ id }: { id: number }) => {
    const [seen] = await root.call("observeInstances", { id });
    const pids = seen?.pid ? await insideOf(seen.pid) : [];
    return {
      id,
      processes: await lookAt(pids, (argv) => runAsUser(root, user, argv)),
      cgroup: await walls.cgroups.look({ uid, name: `i${id}` }, pids),
      environment: seen?.environment ?? null,
    };
  };
  return {
    hasOwnUser: realm.usersFrom !== null,
    uid,
    fence: realm.fence && fence && fenceSight(realm.fence, fence.listing, uid),
    instances: await Promise.all(own.map(inspect)),
  };
}

function watchExits(folder: string, onExit: (id: number) => void): AsyncDisposable {
  const watcher = watch(folder, (_, name) => {
    const id = /^i(\d{1,15})$/.exec(name ?? "")?.[1];
    if (id !== undefined) onExit(Number(id));
  });
  return { [Symbol.asyncDispose]: async () => watcher.close() };
}
