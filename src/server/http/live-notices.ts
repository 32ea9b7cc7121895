import { noticed } from "#api/noticed.ts";
import type { Caller } from "#domain/caller.ts";
import type { Notice } from "#domain/changes.ts";
import type { Right } from "#domain/rights.ts";
import type { People } from "#engine/people/people.ts";

const lists: Record<Notice["of"], { readonly needs: string }> = noticed;

/** Whether a caller may see the list that a notice is of. */
export function mayHear(people: People, caller: Caller, { of, whose }: Notice): boolean {
  const [, right] = lists[of].needs.split(":");
  // The second word of what an operation needs is a right.
  return people.hasRight(caller, right as Right, whose);
}

/** Lines are sent many times a second; whoever looks on asks again after each notice. */
const gatherMs = 500;

/** Tells of each thing once, however often it was noted meanwhile. */
export function gatherNotices(tell: (notice: Notice) => void): (notice: Notice) => void {
  const waiting = new Map<string, Notice>();
  const flush = () => {
    const told = [...waiting.values()];
    waiting.clear();
    for (const notice of told) tell(notice);
  };
  return (notice) => {
    if (waiting.size === 0) setTimeout(flush, gatherMs).unref();
    waiting.set(JSON.stringify(notice), notice);
  };
}
