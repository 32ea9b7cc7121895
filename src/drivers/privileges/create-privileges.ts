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
import { Supervision } from "./supervision.ts";
import { confinedOf, Walls } from "./walls.ts";

export type PrivilegesOptions = {
  readonly home: string;
  readonly realm: Realm;
  readonly tools: Tools;
  /** A new connection to whoever has privilege. */
  readonly connect: () => Duplex;
};

type World = Surroundings & {
  readonly data: string;
  readonly kept: KeptInstances;
  readonly supervision: Supervision;
};

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
  const supervision = new Supervision(join(home, "run/services"));
  const world: World = { data, realm, tools, folders, etc, walls, root, kept, supervision };
  await forgetOthers(world);
  return {
    call,
    startInstance: (instance) => startInstance(world, instance),
    stopInstance: (id, graceMs) => stopInstance(world, id, graceMs),
    limitInstance: (id, limits) => limitInstance(world, id, limits),
    reviveInstance: (id) => reviveInstance(world, id),
    observeInstance: (id) => supervision.observe(id),
    observeInstances: () => supervision.observeAll(),
    useOf: async (id) => {
      const found = await kept.get(id);
      return found && cgroups.use({ uid: userOf(realm, found.user).uid, name: `i${id}` });
    },
    listSockets: (id) => listSockets(world, id),
    openCommand: (command) => openCommand(world, command),
    setNetwork: async (user, network) => {
      for (const { id, kept: own } of await kept.all())
        if (own.user === user) kept.put(id, { ...own, network });
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
  { fence, fenceProblem, scopesSockets, portsMap, countsSockets }: Realm,
  { controllers }: Cgroups,
): Protections {
  const hasFilter = seccompProgram() !== null;
  // Where no cgroup counts processes, the sandbox itself does.
  const unlimited = (["memory", "cpu"] as const).filter((it) => !controllers.includes(it));
  const hasFence = fence !== null;
  return {
    unlimited,
    hasFence,
    fenceProblem,
    hasFilter,
    scopesSockets,
    keepsPorts: portsMap !== null,
    countsSockets,
  };
}

/** Ends what commands of a killed berthd left, and what is known of instances that are gone. */
async function forgetOthers({ supervision, kept, walls }: World): Promise<void> {
  const ids = new Set(await supervision.ids());
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
  kept.put(id, known);
  const both = confinedOf(id, known);
  await Promise.all(both.map((confined) => walls.putUp(confined)));
  const start = { id, user, network, port, program, logName };
  await walls.toldFence(() => root.call("startInstance", start));
}

async function reviveInstance({ walls, kept, supervision }: World, id: number): Promise<void> {
  const found = await kept.get(id);
  for (const confined of found ? confinedOf(id, found) : []) await walls.putUp(confined);
  await supervision.revive(id);
}

async function stopInstance(
  { walls, root, kept, supervision }: World,
  id: number,
  graceMs: number,
): Promise<void> {
  const found = await kept.get(id);
  await supervision.stop(id, graceMs, async (outer) => {
    const asked = found ? await askedToEnd(outer) : [];
    if (!found || asked.length === 0) return false;
    // The kernel lets a user signal only what is their own, whatever a number stands for by now.
    await runAsUser(root, found.user, ["kill", "-TERM", ...asked.map(String)]);
    return true;
  });
  await root.call("removeInstance", { id });
  for (const confined of found ? confinedOf(id, found) : []) await walls.takeDown(confined);
  await kept.drop(id);
}

async function limitInstance(
  { realm, walls, kept }: World,
  id: number,
  limits: Limits,
): Promise<void> {
  const found = await kept.get(id);
  if (!found) return;
  kept.put(id, { ...found, limits });
  const { uid } = userOf(realm, found.user);
  // Version 1 does not go below what is in use: then it holds from the next start on.
  const update = async () => walls.cgroups.update({ uid, name: `i${id}` }, limits);
  await update().catch(nullIf(["EBUSY"]));
}

async function listSockets({ root, kept, supervision }: World, id: number): Promise<number[]> {
  const [found, { pid }] = [await kept.get(id), await supervision.observe(id)];
  if (!found || pid === null) return [];
  return socketsOf(await insideOf(pid), (argv) => runAsUser(root, found.user, argv));
}

/** Looks at everything of an app that runs, as it is and not as it was asked for. */
async function inspectApp(world: World, user: number): Promise<AppFacts> {
  const { realm, walls, root, kept, supervision } = world;
  const { uid } = userOf(realm, user);
  const own = (await kept.all()).filter((it) => it.kept.user === user);
  await walls.mend();
  const fence = await root.call("lookAtFence", {});
  const inspect = async ({ id }: { id: number }) => {
    const { pid, environment } = await supervision.observe(id);
    const pids = pid === null ? [] : await insideOf(pid);
    return {
      id,
      processes: await lookAt(pids, (argv) => runAsUser(root, user, argv)),
      cgroup: await walls.cgroups.look({ uid, name: `i${id}` }, pids),
      environment,
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
