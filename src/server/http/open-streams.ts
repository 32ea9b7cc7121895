import type { Access, Caller } from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";

type OpenStream = {
  /** Whose it is; null for whoever administers the machine, and for what is no stream. */
  readonly userId?: string | null;
  /** Who it would be if they asked now. */
  readonly again: () => Caller | Promise<Caller>;
  /** Whether it may go on for whom it would be now. */
  readonly mayStay: (now: Caller) => boolean;
  readonly cut: () => void;
};

/** What is begun by one request and goes on after its answer. */
export type Watched = Pick<OpenStream, "mayStay" | "cut">;

export type OpenStreams = {
  /** Watches a stream until the answer is called. */
  readonly add: (stream: OpenStream) => () => void;
  /** Refuses a person one more when they have as many as one may. @throws {PlatformError} `too_many_streams` */
  readonly refuseCrowd: (caller: Caller) => void;
  /** Cuts what is open for somebody who is not let in any more, or whose rights have changed. */
  readonly check: () => Promise<void>;
};

/** Of one person: each looks now and then, or is told of all that happens. */
const streamsMax = 100;

/**
 * The streams that are open, so that what is taken from somebody is gone at once, also where they
 * only listen. Clients whose rights have merely changed come again and go on.
 */
export function createOpenStreams(): OpenStreams {
  const open = new Set<OpenStream>();
  return {
    add: (stream) => {
      open.add(stream);
      return () => void open.delete(stream);
    },
    refuseCrowd: ({ userId }) => {
      if (userId === null) return;
      const mine = [...open].filter((it) => it.userId === userId);
      if (mine.length >= streamsMax)
        throw new PlatformError("too_many_streams", { most: streamsMax });
    },
    check: async () => {
      for (const stream of open) {
        if (!(await isStillSo(stream))) stream.cut();
      }
    },
  };
}

async function isStillSo({ again, mayStay }: OpenStream): Promise<boolean> {
  try {
    return mayStay(await again());
  } catch {
    return false;
  }
}

export function haveSameRights(one: Caller, other: Caller): boolean {
  return textOf(one.access) === textOf(other.access);
}

function textOf({ everywhere, teams, apps }: Access): string {
  const ofTeams = [...teams].map(([id, rights]) => [id, ...rights]);
  const ofApps = [...apps].map(([id, { rights, teamId }]) => [id, teamId, ...rights]);
  return JSON.stringify([[...everywhere], ofTeams, ofApps]);
}
