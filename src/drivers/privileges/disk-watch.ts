import { statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const lookEveryMs = 250;
/** What a file counts besides its content: as much of a disk as mke2fs makes room for one more. */
export const bytesOfFile = 16 * 1024;

type Watched = {
  readonly folders: readonly string[];
  /** Bytes on the disk, and no less than its files count. */
  readonly sizeOf: (folders: readonly string[]) => Promise<number>;
};

/**
 * Resolves with true once folders hold more than they may, and with false when `signal` aborts.
 * Looking into them takes long, so it is done only when the disk has lost about as much as could
 * make the difference.
 */
export async function outgrows(
  { folders, sizeOf }: Watched,
  bytesMax: number,
  signal: AbortSignal,
): Promise<boolean> {
  const slackBytes = Math.max(16 * 1024 ** 2, bytesMax / 8);
  const [first = "/"] = folders;
  let freeBefore = await freeBytes(first);
  for (;;) {
    await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
    // The folders may be gone by now.
    if (signal.aborted) return false;
    const free = await freeBytes(first);
    freeBefore = Math.max(free, freeBefore);
    if (freeBefore - free < slackBytes) continue;
    if ((await sizeOf(folders)) > bytesMax) return true;
    freeBefore = free;
  }
}

/** Of content and of files together, as a disk can be full of either. */
async function freeBytes(path: string): Promise<number> {
  const { bfree, bsize, ffree } = await statfs(path);
  return bfree * bsize + ffree * bytesOfFile;
}
