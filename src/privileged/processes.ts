import { readdir, readlink } from "node:fs/promises";
import { nullIf, readIfThere } from "#lib/files.ts";

/** Programs that start another one and end when that has ended. */
const wrapperName = /^(?:sh|dash|bash|npm\b.*|yarn|pnpm)$/;
const termBit = 1n << 14n;

/**
 * Asks everything in a sandbox to end, found from the sandbox's outer process; answers whether
 * there was anybody to ask. A shell or npm that merely waits for its child is not asked: it would
 * end before the child, and with it the sandbox and the child's time to end well.
 */
export async function terminateInside(outerPid: number): Promise<boolean> {
  const [init] = await childrenOf(outerPid);
  if (init === undefined) return false;
  const sandbox = await sandboxOf(init);
  const inside = (await descendantsOf(init)).slice(1);
  for (const pid of inside) {
    if (await isMereWrapper(pid)) continue;
    // A number may have gone to another process since it was read.
    if (sandbox !== null && (await sandboxOf(pid)) === sandbox) signal(pid, "SIGTERM");
  }
  return inside.length > 0;
}

/** What runs in a sandbox, found from its outer process, which is not one of them. */
export async function insideOf(outerPid: number): Promise<number[]> {
  return (await descendantsOf(outerPid)).slice(1);
}

/** Which process namespace a process is in, and whose it is; null for one that is gone. */
async function sandboxOf(pid: number): Promise<string | null> {
  const space = await readlink(`/proc/${pid}/ns/pid`).catch(() => null);
  const uid = await uidOf(pid);
  return space === null || uid === null ? null : `${space} ${uid}`;
}

/** The real user of a process; null for one that is gone. */
export async function uidOf(pid: number): Promise<number | null> {
  const status = await readIfThere(`/proc/${pid}/status`).catch(() => null);
  const uid = /^Uid:\t(\d+)/m.exec(status ?? "")?.[1];
  return uid === undefined ? null : Number(uid);
}

async function isMereWrapper(pid: number): Promise<boolean> {
  if ((await childrenOf(pid)).length === 0) return false;
  const status = (await readIfThere(`/proc/${pid}/status`).catch(() => null)) ?? "";
  const name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? "";
  const caught = BigInt(`0x${/^SigCgt:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  // npm hears SIGTERM only to pass it on to its shell; a shell that hears it has a trap.
  return wrapperName.test(name) && (name.startsWith("npm") || (caught & termBit) === 0n);
}

/** Sends a signal to a process; one that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    nullIf(["ESRCH"])(error as NodeJS.ErrnoException);
  }
}

/** Inodes of the sockets that a process and its descendants hold. @see proc(5), /proc/PID/fd */
export async function socketsOf(pid: number): Promise<number[]> {
  const held: number[] = [];
  for (const each of await descendantsOf(pid)) {
    // One that ended, or that we may not look into, has none to show.
    for (const fd of await readdir(`/proc/${each}/fd`).catch(() => [])) {
      const link = await readlink(`/proc/${each}/fd/${fd}`).catch(() => "");
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined) held.push(Number(inode));
    }
  }
  return held;
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readIfThere(`/proc/${pid}/task/${pid}/children`).catch(() => null);
  return (text ?? "").split(" ").filter(Boolean).map(Number);
}

async function descendantsOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  const below = await Promise.all(children.map(descendantsOf));
  return [pid, ...below.flat()];
}
