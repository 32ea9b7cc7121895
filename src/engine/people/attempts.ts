import { PlatformError } from "#domain/errors.ts";
import { KeyedLock } from "../locks.ts";

const freeAttempts = 5;
const firstWaitMs = 1000;
const longestWaitMs = 15 * 60_000;
const peersMax = 10_000;

export type Attempts = {
  /** @throws {PlatformError} `too_many_attempts` when a peer must wait. */
  readonly check: (peer: string) => void;
  readonly failed: (peer: string) => void;
  /**
   * Looks at what a peer says, one after the other, so that guesses that are made side by side are
   * no more than others. @throws {PlatformError} `too_many_attempts`
   */
  readonly guess: <T>(
    peer: string,
    look: () => Promise<T>,
    isWrong: (found: T) => boolean,
  ) => Promise<T>;
};

/**
 * Slows down who guesses: after five wrong attempts each further one must wait, twice as long each
 * time, up to a quarter of an hour. Attempts that are made too early are not even looked at.
 */
export function createAttempts(nowMs: () => number): Attempts {
  const peers = new Map<string, { count: number; atMs: number }>();
  const waitMs = (peer: string): number => {
    const seen = peers.get(peer);
    if (!seen || seen.count < freeAttempts) return 0;
    const pauseMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (seen.count - freeAttempts));
    return seen.atMs + pauseMs - nowMs();
  };
  const check = (peer: string): void => {
    const leftMs = waitMs(networkOf(peer));
    if (leftMs <= 0) return;
    const seconds = Math.ceil(leftMs / 1000);
    throw new PlatformError("too_many_attempts", { address: peer || "here", seconds });
  };
  const failed = (peer: string): void => {
    const network = networkOf(peer);
    const before = peers.get(network);
    const isOld = before && nowMs() - before.atMs > 2 * longestWaitMs;
    // Re-entered at the end, so that the first ones of the map are the oldest.
    peers.delete(network);
    peers.set(network, { count: (isOld ? 0 : (before?.count ?? 0)) + 1, atMs: nowMs() });
    const [oldest] = peers.keys();
    if (peers.size > peersMax && oldest !== undefined) peers.delete(oldest);
  };
  const inTurn = new KeyedLock<string>();
  return {
    check,
    failed,
    guess: async (peer, look, isWrong) =>
      inTurn.run(networkOf(peer), async () => {
        check(peer);
        const found = await look();
        if (isWrong(found)) failed(peer);
        return found;
      }),
  };
}

/** Whoever has one IPv6 address has 2^64 of them. */
function networkOf(peer: string): string {
  if (!peer.includes(":")) return peer;
  const [head = "", tail] = peer.split("::");
  const parts = head.split(":").filter(Boolean);
  const filled = tail === undefined ? parts : [...parts, "0", "0", "0", "0"];
  return filled.slice(0, 4).join(":");
}
