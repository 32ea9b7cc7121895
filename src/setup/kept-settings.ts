import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The settings files of the last start that had good ones, in a folder of whoever starts Berth: so a
 * mistake in a file never moves the doors, not even over a restart of the machine.
 */
export function keptSettings(folder: string, names: readonly string[]) {
  return {
    get: (name: string): string | null => {
      if (!names.includes(name)) return null;
      try {
        return readFileSync(join(folder, name), "utf8");
      } catch {
        return null;
      }
    },
    set: (name: string, text: string | null): void => {
      if (!names.includes(name)) return;
      const path = join(folder, name);
      if (text === null) return rmSync(path, { force: true });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(path, text, { mode: 0o600 });
    },
  };
}
