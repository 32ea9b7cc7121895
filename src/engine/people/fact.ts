import { createHash } from "node:crypto";
import type { Fact, Facts, Known } from "#domain/audit.ts";

/** The facts that differ, as they were and as they are; what is gone or new is null there. */
export function difference(before: Known, after: Known): { before: Facts; after: Facts } {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => isChanged(before[name], after[name]));
  const was = changed.map((name) => [name, before[name]?.is ?? null] as const);
  const is = changed.map((name) => [name, wordsOf(before[name], after[name])] as const);
  return { before: Object.fromEntries(was), after: Object.fromEntries(is) };
}

/** A fact of each of several things, by a name. */
export function factsOfEach<T>(
  things: readonly T[],
  tell: (thing: T) => readonly [name: string, fact: Fact],
): Known {
  return Object.fromEntries(things.map(tell));
}

export function usually(is: Fact["is"], usual: Fact["is"]): Fact {
  return { is, usual: is === usual };
}

/** Of what is told to nobody. */
export function markOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 16);
}

function isChanged(before: Fact | undefined, after: Fact | undefined): boolean {
  if (before?.is === after?.is && before?.mark === after?.mark) return false;
  return [before, after].some((it) => it && !it.usual);
}

function wordsOf(before: Fact | undefined, after: Fact | undefined): Fact["is"] | null {
  if (!after) return null;
  return before?.is === after.is ? "changed" : after.is;
}
