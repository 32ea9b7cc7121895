import { readIfThere } from "#lib/files.ts";

/** Programs that start another one and end when that has ended. */
const wrapperName = /^(?:sh|dash|bash|npm\b.*|yarn|pnpm)$/;
const termBit = 1n << 14n;

/** What runs in a sandbox, found from its outer process; the first is the sandbox's own. */
export async function insideOf(outerPid: number): Promise<number[]> {
  return (await descendantsOf(outerPid)).slice(1);
}

/**
 * Who is to be asked to end when all in a sandbox shall. A shell or npm that merely waits for its
 * child is not: it would end before the child, and with it the sandbox and the child's time to end
 * well.
 */
export async function askedToEnd(outerPid: number): Promise<number[]> {
  const programs = (await insideOf(outerPid)).slice(1);
  const waits = await Promise.all(programs.map(isMereWrapper));
  return programs.filter((_, index) => !waits[index]);
}

async function isMereWrapper(pid: number): Promise<boolean> {
  if ((await childrenOf(pid)).length === 0) return false;
  const status = (await readIfThere(`/proc/${pid}/status`).catch(() => null)) ?? "";
  const name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? "";
  const caught = BigInt(`0x${/^SigCgt:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  // npm hears SIGTERM only to pass it on to its shell; a shell that hears it has a trap.
  return wrapperName.test(name) && (name.startsWith("npm") || (caught & termBit) === 0n);
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
