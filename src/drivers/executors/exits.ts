import { join } from "node:path";
import type { ExitStatus } from "#domain/instance.ts";
import { exitNotes } from "#domain/privileges.ts";
import { exitOf, signalName } from "#lib/exits.ts";
import { readIfThere } from "#lib/files.ts";

/** How an instance ended last, as was noted in the folder of ends; null when it never did. */
export async function lastExitOf(exits: string, id: number): Promise<ExitStatus | null> {
  const read = (name: string) => readIfThere(join(exits, name));
  const [text, now, before] = await Promise.all(exitNotes(id).map(read));
  const last = parseExit(text ?? "");
  const isOutOfMemory = killsIn(now ?? "") > killsIn(before ?? "");
  return last && isOutOfMemory && last.code !== 0 ? { ...last, outOfMemory: true } : last;
}

/** `<code> <signal number>`, the code 256 for a signal. @see s6-supervise(8) */
function parseExit(text: string): ExitStatus | null {
  const [, code, signal] = /^(\d{1,3}) (\d{1,3})\s*$/.exec(text) ?? [];
  if (code === undefined || signal === undefined) return null;
  return code === "256" ? exitOf(null, signalName(Number(signal))) : exitOf(Number(code), null);
}

/** How often the kernel killed for lack of memory, from memory.events or memory.oom_control. */
function killsIn(memoryEvents: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(memoryEvents)?.[1] ?? 0);
}
