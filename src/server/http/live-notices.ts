import type { Change } from "#domain/changes.ts";

/** That something does otherwise than before, of which nothing more is told. */
export type Notice = Extract<Change, { readonly target: string | null; readonly appId: unknown }>;

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
    waiting.set(`${notice.of} ${notice.target}`, notice);
  };
}
