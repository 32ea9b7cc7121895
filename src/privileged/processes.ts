import { readdir, readlink } from "node:fs/promises";
import { readIfThere } from "#lib/files.ts";
import { listeningSockets } from "#lib/sockets.ts";

/**
 * The process group inside a sandbox, from its outer process: bwrap's child leads a session of its
 * own, to which everything started in it belongs. Null when there is none (any more).
 */
export async function innerGroup(outerPid: number): Promise<number | null> {
  const [child] = await childrenOf(outerPid);
  return child ?? null;
}

/** Sends a signal to a process, or to a group when negative; one that is gone is no error. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** TCP ports on which a process or one of its descendants listens. @see proc(5), /proc/net/tcp */
export async function listeningPortsOf(pid: number): Promise<number[]> {
  const sockets = await listeningSockets();
  const ports = new Set<number>();
  for (const each of await descendantsOf(pid)) {
    for (const inode of await socketInodesOf(each)) {
      const port = sockets.get(inode);
      if (port !== undefined) ports.add(port);
    }
  }
  return [...ports].toSorted((a, b) => a - b);
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

/** A process that ended, or that we may not look into, has none to show. */
async function socketInodesOf(pid: number): Promise<string[]> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(
    fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")),
  );
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}
