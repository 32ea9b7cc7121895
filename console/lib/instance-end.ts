import type { InstanceView } from "#api/views.ts";

/** How an instance ended last, in a sentence. */
export function renderEnd({ name, lastExit }: Pick<InstanceView, "name" | "lastExit">): string {
  if (!lastExit) return `${name} keeps ending.`;
  if (lastExit.outOfMemory === true) return `${name} ran out of memory.`;
  if (lastExit.signal !== null) return `${name} was ended by ${lastExit.signal}.`;
  return `${name} ended with code ${lastExit.code}.`;
}
