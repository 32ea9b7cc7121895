import { statfs } from "node:fs/promises";
import { PlatformError } from "#domain/errors.ts";

/** Less than this is not enough for a push, its build and what is recorded of them. */
const freeBytesMin = 8 * 1024 * 1024;

/**
 * Refuses a push before anything of it is sent, so that the person reads a sentence and not what
 * git says of a file that it could not write.
 * @throws {PlatformError} `disk_full`
 */
export async function refuseFullDisk(home: string): Promise<void> {
  const { bavail, bsize } = await statfs(home);
  if (bavail * bsize < freeBytesMin) throw new PlatformError("disk_full", { path: home });
}
