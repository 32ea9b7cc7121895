import { eq } from "./drizzle.ts";
import type { Store } from "#domain/store.ts";
import type { Db } from "./database.ts";
import { configFiles } from "./schema.ts";

export function configFileRows(db: Db): Store["configFiles"] {
  return {
    get: (file) =>
      db.select().from(configFiles).where(eq(configFiles.file, file)).get()?.text ?? null,
    set: (file, text) => {
      if (text === null) {
        db.delete(configFiles).where(eq(configFiles.file, file)).run();
        return;
      }
      db.insert(configFiles)
        .values({ file, text })
        .onConflictDoUpdate({ target: configFiles.file, set: { text } })
        .run();
    },
  };
}
