import * as fs from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import type { VerbArguments } from "#domain/privileges.ts";
import { memoryEventsFile, userOf } from "#domain/realm.ts";
import { execlineTool, renderExecline, type ExeclineWord } from "#lib/execline.ts";
import { nullIfMissing, removeTree } from "#lib/files.ts";
import { isSupervised, orderScan, orderService } from "#lib/s6.ts";
import { fenceOf } from "./fence.ts";
import { enter, type Own } from "./realm.ts";

type Started = VerbArguments<"startInstance">;

/**
 * Writes the instance's service folder beside the watched one, links it in, and has s6-svscan look.
 * A crash in the middle leaves a folder without a link, which the next start of the same instance
 * replaces. All at once: somebody waits for it, and a row of steps would wait for a thread each.
 */
export async function startInstance(realm: Own, instance: Started): Promise<void> {
  const { layout } = realm;
  const service = layout.service(instance.id);
  const link = layout.link(instance.id);
  const isLinked = fs.existsSync(link);
  const hastened = hasten(realm);
  if (!isLinked) {
    writeService(realm, instance);
    fs.rmSync(link, { force: true });
    fs.symlinkSync(service, link);
  }
  // What it supervised runs on and is restarted, but nothing new can begin.
  if (!orderScan("a", layout.scan))
    throw failed("s6-svscan was ended from elsewhere; berth up starts it again, and all apps");
  const parts = [service, join(service, "log")];
  await Promise.all(parts.map((it) => untilSupervised(realm, it, !isLinked)));
  // Only now, as nft would keep the supervisors from the processors; the program has yet to begin.
  const { user, network, port } = instance;
  if (port !== null) await fenceOf(realm).admit(userOf(realm, user).uid, network, port);
  await hastened;
}

/**
 * Makes the next join of a cgroup quick. Before a process changes its own the kernel waits for every
 * processor, some 7 ms, but not again for a while: so a thread begins to wait now, while other things
 * are done. To join where it stands already moves nothing, and waits all the same.
 */
async function hasten({ cgroups }: Own): Promise<void> {
  const unified = cgroups.find(({ version }) => version === 2);
  if (!unified) return;
  const file = fs.openSync(join(unified.standing, "cgroup.procs"), "w");
  return new Promise((done) => fs.write(file, "0", () => fs.close(file, () => done())));
}

/** s6-svscan starts the supervisor on its own time. */
async function untilSupervised(realm: Own, service: string, isNew: boolean): Promise<void> {
  // What a supervisor writes into a new folder saves asking it; in an old one it may be an old one's.
  const sign = join(service, "supervise/status");
  const isThere = () => (isNew ? fs.existsSync(sign) : isSupervised(service));
  for (let waitMs = 1; waitMs < 3000; waitMs *= 1.5) {
    if (isThere()) return share(realm, service);
    await sleep(waitMs);
  }
  throw failed("s6-svscan does not supervise it");
}

function failed(problem: string): PlatformError {
  return new PlatformError("command_failed", { command: "Starting an instance", problem });
}

/**
 * Lets the account see how a service does, and give it orders; what is in it stays root's. In
 * `event` the account may have nothing: s6-supervise writes to all that is there, wherever it leads.
 * @see s6-svperms(8), servicedir
 */
function share({ account }: Own, service: string): void {
  const modes = { ".": 0o710, supervise: 0o710, "supervise/control": 0o620 };
  for (const [name, mode] of Object.entries(modes)) {
    fs.chownSync(join(service, name), -1, account.gid);
    fs.chmodSync(join(service, name), mode);
  }
}

/** Removes everything of an instance, and ends what still runs of it. Repeatable. */
export async function removeInstance({ layout }: Own, id: number): Promise<void> {
  const service = layout.service(id);
  await unlink(layout.link(id)).catch(nullIfMissing);
  // They are told themselves, too, as there may be no s6-svscan.
  for (const it of [service, join(service, "log")]) orderService("xd", it);
  orderScan("an", layout.scan);
  for (const path of [service, partialOf(service)]) await removeTree(path);
  for (const path of layout.exitNotes(id)) await unlink(path).catch(nullIfMissing);
}

function writeService(realm: Own, instance: Started): void {
  const { layout, account } = realm;
  const { id, program, port, logName } = instance;
  const service = layout.service(id);
  const partial = partialOf(service);
  const user = userOf(realm, instance.user);
  for (const path of [partial, service]) fs.rmSync(path, { recursive: true, force: true });
  fs.mkdirSync(join(partial, "log"), { recursive: true, mode: 0o700 });
  // Not before it has its name is it started, and no service outlives a power cut: see startTree.
  const write = (path: string, text: string | Buffer, mode: number) =>
    fs.writeFileSync(path, text, { mode, flag: "wx" });
  const files = program.files.map((_, index) => fileIn("", index));
  for (const [index, text] of program.files.entries())
    write(fileIn(partial, index), Buffer.from(text, "base64"), 0o600);
  const { uid } = user;
  const cgroup = { uid, name: `i${id}` };
  const words = enter(realm, user, { cgroup, port, opened: files, joinsErrors: true });
  const logger = enter(realm, account, { cgroup: { uid, name: `l${id}` }, port: null });
  const run = renderExecline([[...words, ...program.argv]], { args: "-P" });
  const log = renderExecline([[...logger, ...logWords(layout.log(logName))]], { args: "-P" });
  write(join(partial, "run"), run, 0o700);
  write(join(partial, "log/run"), log, 0o700);
  write(join(partial, "finish"), renderFinish(realm, id, uid), 0o700);
  for (const path of layout.exitNotes(id)) fs.rmSync(path, { force: true });
  fs.renameSync(partial, service);
}

/** What a program reads from the descriptor 3, 4, and so on, of which the first is 0. */
function fileIn(folder: string, index: number): string {
  return join(folder, `sandbox.${3 + index}`);
}

/** Where a service folder grows; a full disk may leave one of an instance that never was started. */
function partialOf(service: string): string {
  return `${service}.partial`;
}

/**
 * Notes how it ended, with the kernel's count of kills for lack of memory, beside the one of the end
 * before. Gives up after five ends within a minute, so that a crashing app never spins even while
 * berthd is away.
 * @see s6-supervise(8), s6-permafailon(8)
 */
function renderFinish(realm: Own, id: number, uid: number): string {
  const [exit = "", memory = "", before = ""] = realm.layout.exitNotes(id);
  const events = memoryEventsFile(realm, { uid, name: `i${id}` });
  const [first, redirect] = [execlineTool("foreground"), execlineTool("redirfd")];
  const moved = [first, [redirect, "-w", "2", "/dev/null", "mv", "-f", "--", memory, before]];
  const copied = [first, ["cp", "--", events ?? "", memory]];
  const count: ExeclineWord[][] = events === null ? [] : [moved, copied];
  const how = ["echo", { substituted: "${1}" }, { substituted: "${2}" }];
  const ends = "0-255,SIGKILL,SIGTERM,SIGSEGV,SIGABRT,SIGBUS";
  const giveUp = ["s6-permafailon", "60", "5", ends, execlineTool("exit"), "0"];
  return renderExecline([...count, [first, [redirect, "-w", "1", exit, ...how]], giveUp], {
    args: "-S2",
  });
}

/**
 * The logger reads on while it cannot write, so that no app ever waits for a full disk. What it
 * holds back is bounded: beyond that it ends, and the next one begins with an empty hand.
 */
function logWords(folder: string): string[] {
  return ["s6-softlimit", "-d", "8000000", "s6-log", "-l", "65536", "n10", "s1000000", "T", folder];
}
