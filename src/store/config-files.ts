import { eq } from "./drizzle.ts";
import { PlatformError } from "#domain/errors.ts";
import { Secret } from "#domain/secret.ts";
import type { Store } from "#domain/store.ts";
import type { Db } from "./database.ts";
import { configFiles } from "./schema.ts";
import { sealedMark, type Vault } from "./vault.ts";

export function configFileRows(db: Db, vault: Vault): Store["configFiles"] {
  return {
    get: (file) => {
      const row = db.select().from(configFiles).where(eq(configFiles.file, file)).get();
      return row ? openConfigFile(vault, row) : null;
    },
    set: (file, text) => {
      if (text === null) {
        db.delete(configFiles).where(eq(configFiles.file, file)).run();
        return;
      }
      const sealed = sealConfigFile(vault, file, text);
      db.insert(configFiles)
        .values({ file, text: sealed })
        .onConflictDoUpdate({ target: configFiles.file, set: { text: sealed } })
        .run();
    },
  };
}

export function sealConfigFile(vault: Vault, file: string, text: string): string {
  return vault.seal(Secret.of(text), placeOf(file));
}

/** Null for one whose key is lost: it is read again from the file itself. */
export function openConfigFile(
  vault: Vault,
  { file, text }: { readonly file: string; readonly text: string },
): string | null {
  // Older versions stored it as it was.
  if (!text.startsWith(sealedMark)) return text;
  try {
    return vault.open(text, placeOf(file)).reveal();
  } catch (error) {
    if (error instanceof PlatformError) return null;
    throw error;
  }
}

function placeOf(file: string) {
  return { path: `config-file/${file}`, name: file };
}
