import { exec } from "./exec.ts";

/**
 * Removes a whole tree in which others may swap a folder for a link at any moment: whoever walks by
 * names, as Node does, would be led elsewhere. Does nothing when it is not there. What is mounted in
 * it stays. @see rm(1), openat(2)
 */
export async function removeForeignTree(path: string): Promise<void> {
  await exec(["rm", "-rf", "--one-file-system", "--", path], { timeoutMs: 600_000 });
}
