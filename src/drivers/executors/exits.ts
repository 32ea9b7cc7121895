import { join } from "node:path";
import type { ExitStatus } from "#domain/instance.ts";
import { exitNotes } from "#domain/privileges.ts";
import { exitFrom } from "#lib/exits.ts";
import { readIfThere } from "#lib/files.ts";

/** How an instance ended last, as was noted in the folder of ends; null when it never did. */
export async function lastExitOf(exits: string, id: number): Promise<ExitStatus | null> {
  const read = (name: string) => readIfThere(join(exits, name));
  const [text, now, before] = await Promise.all(exitNotes(id).map(read));
  const last = exitFrom(text ?? "");
  const isOutOfMemory = killsIn(now ?? "") > killsIn(before ?? "");
  return last && isOutOfMemory && last.code !== 0 ? { ...last, outOfMemory: true } : last;
}

/** How often the kernel killed for lack of memory, from memory.events or memory.oom_control. */
function killsIn(memoryEvents: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(memoryEvents)?.[1] ?? 0);
}
