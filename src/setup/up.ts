import { openSync } from "node:fs";
import { statfs, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import type { HostSettings } from "#domain/host-config.ts";
import { programOf } from "#lib/checkout.ts";
import { bareEnv, ended, exec, ExecError, start } from "#lib/exec.ts";
import { ensureDirectory, namesIn, readIfThere, removeTree, writeAtomic } from "#lib/files.ts";
import { withNothingOpen } from "#lib/nothing-open.ts";
import { withShortTurns } from "#lib/turns.ts";
import type { Account } from "./account.ts";
import { requireFreePorts } from "./free-ports.ts";
import { homeLayout, type HomeLayout } from "./layout.ts";
import { readRealm, removeRealm } from "./realm.ts";
import { endSupervisors, supervisedFolders } from "./supervisors.ts";

/** Where Berth runs from and as whom. */
export type Installation = {
  readonly home: string;
  readonly account: Account;
  /** Null for an ordinary user, for whom everything is one user. */
  readonly users: Users | null;
  /** The runtime and the code, readable by everybody who runs them. */
  readonly node: string;
  readonly code: string;
};

/** Users besides the account, which only root can give. */
export type Users = {
  readonly router: { readonly uid: number; readonly gid: number };
  /** The first uid of the apps'. */
  readonly appsFrom: number;
};

const readyWithinMs = 30_000;
const hopelessAfterEnds = 3;
const endsWithinMs = 5000;
const servicesMax = 10_000;
const fullBelowBytes = 1024 ** 2;

/** What berth-tree prints. */
export type InForce = {
  readonly settings: HostSettings;
  /** What is wrong with files in the place of which older ones hold, in lines. */
  readonly problems: readonly string[];
};

/** Writes what s6 is to run, and what is the account's own; gives the settings that are in force. */
export async function writeFiles(installation: Installation): Promise<InForce> {
  const { account, users } = installation;
  const { uid, gid } = account;
  const layout = homeLayout(installation.home);
  // What an s6-svscan that was killed left running would be beyond the reach of the next one, and
  // stands behind walls that are made anew.
  await endSupervisors(layout.scan);
  const who = users ? { account: { uid, gid }, ...users } : null;
  const asAccount = users ? { uid, gid } : {};
  const [inForce] = await Promise.all([
    // Root reads no code from a cache that somebody else writes.
    runOurs(installation, ["berth-tree", JSON.stringify(who)], {
      cache: users ? layout.helperCache : layout.compileCache,
    }),
    runOurs(installation, ["berth-account"], { cache: layout.compileCache, ...asAccount }),
  ]);
  // What our own program printed.
  return JSON.parse(inForce) as InForce;
}

/** Runs one of Berth's own programs on the home. @throws {PlatformError} `command_failed` */
export async function runOurs(
  { node, code, home }: Pick<Installation, "node" | "code" | "home">,
  [program, ...args]: [string, ...string[]],
  { cache, ...ids }: { cache: string; uid?: number; gid?: number },
): Promise<string> {
  const env = { ...bareEnv, HOME: home, NODE_COMPILE_CACHE: cache };
  const argv = [node, programOf(code, program), home, ...args] as const;
  try {
    return await exec(argv, { env, cwd: "/", ...ids });
  } catch (error) {
    const problem = error instanceof ExecError ? error.stderrTail.trim() : String(error);
    const details = { command: "Preparing the home", problem };
    throw new PlatformError("command_failed", details, { cause: error });
  }
}

/**
 * Starts the supervisor apart from this process, so that a Ctrl-C reaches only us, and with it
 * everything else. Its end can be waited for; it goes on when nobody does.
 */
export async function startTree(
  installation: Installation,
  settings: HostSettings,
): Promise<Supervisor> {
  const layout = homeLayout(installation.home);
  await ensureDirectory(layout.logs);
  await requireFreePorts(settings, join(layout.config, "berth.yml"));
  await forgetInstances(layout);
  const log = openSync(layout.supervisorLog, "a", 0o644);
  const svscan = ["s6-svscan", "-c", String(servicesMax), "-t", "0", layout.scan] as const;
  const argv = withNothingOpen(...withShortTurns(...svscan));
  const child = start(argv, {
    stdio: ["ignore", log, log],
    env: { ...bareEnv, HOME: installation.home },
    cwd: "/",
    detached: true,
  });
  await writeAtomic(layout.supervisorPid, `${child.pid}\n`);
  const end = ended(child).then(() => undefined);
  child.unref();
  return { untilEnded: () => (child.ref(), end) };
}

/**
 * Nothing runs: what was written for instances is written anew by berthd, which knows them. So it
 * need not be on the disk when the power goes, and s6 starts none before its walls are up.
 */
async function forgetInstances({ scan, services }: HomeLayout): Promise<void> {
  for (const name of await namesIn(scan)) {
    if (/^i\d+$/.test(name)) await unlink(join(scan, name));
  }
  for (const name of await namesIn(services)) await removeTree(join(services, name));
}

export type Supervisor = { readonly untilEnded: () => Promise<void> };

/** Whether the home's supervisor runs. */
export async function isTreeUp(home: string): Promise<boolean> {
  try {
    await exec(["s6-svscanctl", "-a", homeLayout(home).scan]);
    return true;
  } catch (error) {
    if (error instanceof ExecError) return false;
    throw error;
  }
}

/** Whether anything runs, be it only what an s6-svscan that was killed left running. */
export async function isAnythingUp(home: string): Promise<boolean> {
  const { scan } = homeLayout(home);
  return (await isTreeUp(home)) || (await supervisedFolders(scan)).length > 0;
}

/** Resolves when everything answers. @throws {PlatformError} `command_failed` with the log of what does not. */
export async function untilReady(
  { home, users }: Installation,
  settings: HostSettings,
): Promise<void> {
  const layout = homeLayout(home);
  const doors = {
    ...(users ? { "berth-root": { path: layout.helperSocket } } : {}),
    berthd: { path: layout.socket },
    nginx: { path: layout.nginxSocket },
    sshd: { port: settings.listen.ssh, host: "127.0.0.1" },
  };
  const deadlineMs = performance.now() + readyWithinMs;
  for (const [name, door] of Object.entries(doors)) {
    for (let tries = 1; !(await answers(door)); tries += 1) {
      const isLate = performance.now() > deadlineMs;
      // What ends again and again will not come up by waiting.
      const ends = isLate || tries % 25 === 0 ? await endsOf(join(layout.scan, name)) : 0;
      if (isLate || ends >= hopelessAfterEnds) throw await notReady(layout, name, ends);
      await sleep(20);
    }
  }
}

/** Ends the supervisor and all that it supervises; resolves when they are gone. */
export async function stopTree(home: string): Promise<void> {
  const { scan, helper } = homeLayout(home);
  await exec(["s6-svscanctl", "-t", scan]).catch((error: unknown) => {
    if (!(error instanceof ExecError)) throw error;
  });
  for (let waitedMs = 0; await isTreeUp(home); waitedMs += 50) {
    if (waitedMs === endsWithinMs) await endSupervisors(scan);
    if (waitedMs > readyWithinMs) {
      throw new PlatformError("command_failed", {
        command: "s6-svscan",
        problem: "it does not end",
      });
    }
    await sleep(50);
  }
  await endSupervisors(scan);
  const realm = await readRealm(helper);
  if (realm && process.getuid?.() === 0) await removeRealm(realm);
}

function answers(door: { path: string } | { port: number; host: string }): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(door);
  const answer = (isThere: boolean) => {
    socket.destroy();
    resolve(isThere);
  };
  socket.once("connect", () => answer(true));
  socket.once("error", () => answer(false));
  return promise;
}

/** How often a service has ended since it is supervised. @see s6-svdt(8) */
async function endsOf(service: string): Promise<number> {
  const text = await exec(["s6-svdt", service]).catch(() => "");
  return text.split("\n").filter(Boolean).length;
}

async function notReady(layout: HomeLayout, name: string, ends: number): Promise<PlatformError> {
  const { bavail, bsize } = await statfs(layout.home);
  // Then there is no word of it in its log either.
  if (bavail * bsize < fullBelowBytes) return new PlatformError("disk_full", { path: layout.home });
  const log = (await readIfThere(join(layout.logs, name, "current"))) ?? "";
  const lines = log.trim().split("\n").slice(-8).join("\n    ");
  const what =
    ends >= hopelessAfterEnds
      ? `it ended ${ends} times`
      : `it does not answer after ${readyWithinMs / 1000} s`;
  const problem = `${what}; its log in logs/${name} ends with:\n    ${lines}`;
  return new PlatformError("command_failed", { command: `Starting ${name}`, problem });
}
