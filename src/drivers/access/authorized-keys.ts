import type { AccessFile } from "#domain/access.ts";
import type { Key } from "#domain/key.ts";
import { writeAtomic } from "#lib/files.ts";

/**
 * An authorized_keys file in which every key may do one thing: run `shell`, a program's absolute
 * path without spaces or quotes, with its own name, its number and its owner's: what they may do is
 * asked when it is used. sshd has a shell start it, which is not to stay between the two. A terminal
 * is allowed, for one-off commands.
 * @see sshd(8), AUTHORIZED_KEYS FILE FORMAT
 */
export function createAuthorizedKeys(file: string, shell: string): AccessFile {
  return {
    write: async (keys) => {
      const lines = keys.map(
        (key) =>
          `restrict,pty,command="exec ${shell} ${wordOf(key)} ${key.id} ${ownerOf(key)}" ${key.type} ${key.blob}\n`,
      );
      await writeAtomic(file, lines.join(""), 0o600);
    },
  };
}

/** The key's name, if it is one word to every shell. */
function wordOf({ id, name }: Key): string {
  return /^[A-Za-z0-9][A-Za-z0-9._@+-]*$/.test(name) ? name : `key-${id}`;
}

/** By which one person's sessions are counted, whatever key they come with. */
function ownerOf({ userId }: Key): string {
  return userId !== null && /^[\w-]{1,100}$/.test(userId) ? `user-${userId}` : "installation";
}
