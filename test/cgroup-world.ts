import { dirname } from "node:path";
import type { TestContext } from "node:test";
import { instanceLimits, type Limits } from "#domain/limits.ts";
import { joinFiles, type CgroupName, type CgroupPlace } from "#domain/realm.ts";
import { Cgroups } from "#drivers/privileges/cgroups.ts";
import { ended, start } from "#lib/exec.ts";
import { readIfThere } from "#lib/files.ts";
import { entryWords } from "#privileged/entry.ts";
import { makeCgroups, removeCgroups } from "#setup/cgroups.ts";
import { claimUsers, releaseUsers } from "#setup/uid-range.ts";
import { join } from "node:path";
import { temporaryFolder } from "./machine.ts";

/** An app's. */
export const uid = 1_999_990_001;
/** Who makes the cgroups of apps. */
const account = { uid: 65_533, gid: 65_533 };
export const mebi = 1024 ** 2;
export const small: Limits = { ...instanceLimits, memoryBytes: 64 * mebi, pids: 20 };

export type World = AsyncDisposable & {
  readonly cgroups: Cgroups;
  readonly places: readonly CgroupPlace[];
  readonly cgroup: CgroupName;
};

/** Real cgroups of a home of its own; null, with the reason said, where there are none to be had. */
export async function openWorld(t: TestContext, needed: readonly string[]): Promise<World | null> {
  if (process.getuid?.() !== 0) return skip(t, "only root may make cgroups");
  const home = await temporaryFolder();
  const places = await makeCgroups(`u${await claimUsers(home.path)}`, account);
  const cgroups = new Cgroups(places, async (_, pids) => {
    for (const pid of pids) process.kill(pid, "SIGKILL");
  });
  const absent = needed.filter((name) => !(cgroups.controllers as string[]).includes(name));
  const cgroup = { uid, name: "i1" };
  const end = async () => {
    await removeCgroups(places);
    await releaseUsers(home.path);
    await home[Symbol.asyncDispose]();
  };
  if (absent.length > 0) {
    await end();
    return skip(t, `this machine gives no cgroup controller ${absent.join(", ")}`);
  }
  return { cgroups, places, cgroup, [Symbol.asyncDispose]: end };
}

export async function namesOf({ cgroups }: World): Promise<string[]> {
  return [...((await cgroups.apps()).get(uid) ?? [])];
}

/** A file of its cgroup, from whichever hierarchy has it. */
export async function readIn({ places, cgroup }: World, name: string): Promise<string> {
  const files = joinFiles({ cgroups: places }, cgroup).map((file) => join(dirname(file), name));
  const texts = await Promise.all(files.map(readIfThere));
  return texts.find((text) => text !== null) ?? "";
}

function skip(t: TestContext, reason: string): null {
  t.skip(reason);
  return null;
}

/** A program that joins the cgroup first, as an instance does. */
export function joined({ places, cgroup }: World, argv: readonly string[]): [string, ...string[]] {
  const files = joinFiles({ cgroups: places }, cgroup);
  const joining = entryWords({ cgroups: files });
  const [program = "", ...args] = [...joining, ...argv];
  return [program, ...args];
}

export async function runIn(world: World, argv: readonly string[]) {
  return ended(start(joined(world, argv), { stdio: "ignore" }));
}
