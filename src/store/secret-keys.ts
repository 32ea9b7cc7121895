import { createHash, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { PlatformError } from "#domain/errors.ts";
import { exists, readIfThere, writeAtomic } from "#lib/files.ts";

/** A key that secrets are sealed with; `id` names it in what it sealed, and says nothing of it. */
export type SecretKey = { readonly id: string; readonly bytes: Buffer };

/** Where the keys are kept, apart from the database. The first key is the one in use. */
export type KeyFile = {
  readonly path: string;
  /** Null when there is none. */
  readonly read: () => Promise<string | null>;
  readonly write: (text: string) => Promise<void>;
  /** Whether somebody has said that the keys are lost for good. */
  readonly isGivenUp: () => Promise<boolean>;
  readonly noteReplaced: () => Promise<void>;
};

const keyBytes = 32;
const heading = `# Opens the secrets in Berth's database. Keep a copy of it, apart from the copies of the database.
`;

export function createKeyFile(path: string): KeyFile {
  const givenUp = `${path}.lost`;
  return {
    path,
    read: () => readIfThere(path),
    write: (text) => writeAtomic(path, text, 0o600),
    isGivenUp: () => exists(givenUp),
    noteReplaced: () => rm(givenUp, { force: true }),
  };
}

/** For a store that is gone with its process. */
export function createMemoryKeyFile(): KeyFile {
  let kept: string | null = null;
  return {
    path: "secret.key",
    read: async () => kept,
    write: async (text) => void (kept = text),
    isGivenUp: async () => false,
    noteReplaced: async () => {},
  };
}

export function makeKey(): SecretKey {
  return keyOf(randomBytes(keyBytes));
}

export function renderKeys(keys: readonly SecretKey[]): string {
  return heading + keys.map(({ bytes }) => `${bytes.toString("base64url")}\n`).join("");
}

/**
 * The keys of a home, made at its first start.
 * @param needed The keys that the database was sealed with.
 * @throws {PlatformError} `secret_key_missing`, `secret_key_wrong`: without its keys a database is
 *   not touched, and no new key is made unless somebody said that the old one is lost.
 */
export async function readKeys(
  file: KeyFile,
  needed: readonly string[],
): Promise<readonly [SecretKey, ...SecretKey[]]> {
  const text = await file.read();
  if (text !== null) return parseKeys(text, file.path, needed);
  const [missing] = needed;
  if (missing !== undefined && !(await file.isGivenUp()))
    throw new PlatformError("secret_key_missing", { file: file.path, key: missing });
  const made = makeKey();
  await file.write(renderKeys([made]));
  return [made];
}

function parseKeys(
  text: string,
  file: string,
  needed: readonly string[],
): readonly [SecretKey, ...SecretKey[]] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const [first, ...others] = lines.map((line) => Buffer.from(line, "base64url"));
  const wrong = (problem: string) => new PlatformError("secret_key_wrong", { file, problem });
  if (!first || [first, ...others].some(({ length }) => length !== keyBytes))
    throw wrong(`it does not hold keys of ${keyBytes} bytes`);
  const keys = [keyOf(first), ...others.map(keyOf)] as const;
  const missing = needed.filter((id) => !keys.some((key) => key.id === id));
  if (missing.length === 0) return keys;
  const here = keys.map(({ id }) => id).join(", ");
  throw wrong(`the secrets were encrypted with key ${missing.join(", ")}, and it holds ${here}`);
}

function keyOf(bytes: Buffer): SecretKey {
  return { bytes, id: createHash("sha256").update(bytes).digest("hex").slice(0, 12) };
}
