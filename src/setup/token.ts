import { randomBytes } from "node:crypto";
import { readIfThere, writeAtomic } from "#lib/files.ts";

/** The installation's own API token, made at the first start; two installations share none. */
export async function ensureToken(file: string): Promise<string> {
  const known = (await readIfThere(file))?.trim();
  if (known) return known;
  const made = randomBytes(32).toString("base64url");
  await writeAtomic(file, `${made}\n`, 0o600);
  return made;
}
