import { statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const lookEveryMs = 250;
/** What a file counts besides its content: as much of a disk as mke2fs makes room for one more. */
const bytesOfFile = 16 * 1024;

/** What a disk can be full of. */
export type Held = { readonly bytes: number; readonly files: number };

type Watched = {
  /** What is left of the disk. */
  readonly free: () => Promise<Held>;
  /** What is in the folders. */
  readonly sumOf: (what: keyof Held) => Promise<number>;
};

/**
 * Resolves with true once folders hold more than they may, and with false when `signal` aborts.
 * Looking into them takes long, so it is done only when the disk has lost about as much as could
 * make the difference, and only for what it has lost.
 */
export async function outgrows(
  { free, sumOf }: Watched,
  bytesMax: number,
  signal: AbortSignal,
): Promise<boolean> {
  const slackBytes = Math.max(16 * 1024 ** 2, bytesMax / 8);
  const kinds = ["bytes", "files"] as const;
  const before = { ...(await free()) };
  for (;;) {
    await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
    // The folders may be gone by now.
    if (signal.aborted) return false;
    const now = await free();
    for (const kind of kinds) {
      const worth = kind === "files" ? bytesOfFile : 1;
      before[kind] = Math.max(now[kind], before[kind]);
      if ((before[kind] - now[kind]) * worth < slackBytes) continue;
      if ((await sumOf(kind)) * worth > bytesMax) return true;
      before[kind] = now[kind];
    }
  }
}

/** What is left of the disk that a path is on. */
export async function freeOn(path: string): Promise<Held> {
  const { bfree, bsize, files, ffree } = await statfs(path);
  const bytes = bfree * bsize;
  // One that does not count its files loses bytes by them.
  return { bytes, files: files === 0 ? bytes / bytesOfFile : ffree };
}
