import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Watches folders that may come, go, and be swapped for others. */
export type FolderWatch = {
  /** Watches what is there now; answers the folders that the kernel would not watch. */
  readonly arm: () => string[];
  readonly close: () => void;
};

/** Names that count in a folder; null when all do. */
type Interest = Set<string> | null;
type Armed = { readonly identity: string; readonly watcher: FSWatcher; interest: Interest };

/**
 * Calls `onEvent` for each change in the folders, and for each of them that appears or is replaced:
 * that shows in the nearest folder above it that exists, where only this one name counts.
 */
export function watchFolders(paths: readonly string[], onEvent: () => void): FolderWatch {
  const armed = new Map<string, Armed>();

  function disarm(path: string): void {
    armed.get(path)?.watcher.close();
    armed.delete(path);
  }

  function armOne(path: string, interest: Interest): boolean {
    const identity = identityOf(path);
    const before = armed.get(path);
    if (before) before.interest = interest;
    if (identity === null || before?.identity === identity) return true;
    disarm(path);
    try {
      const watcher = watch(path, (_, name) => {
        const names = armed.get(path)?.interest ?? null;
        if (names === null || name === null || names.has(name)) onEvent();
      });
      watcher.on("error", () => disarm(path));
      armed.set(path, { identity, watcher, interest });
      return true;
    } catch {
      return false; // the kernel's limit; the caller says so
    }
  }

  function arm(): string[] {
    const wanted = interestsOf(paths);
    for (const path of armed.keys()) if (!wanted.has(path)) disarm(path);
    return [...wanted].filter(([path, interest]) => !armOne(path, interest)).map(([path]) => path);
  }

  return { arm, close: () => [...armed.keys()].forEach(disarm) };
}

function interestsOf(paths: readonly string[]): Map<string, Interest> {
  const interests = new Map<string, Interest>();
  for (const path of paths) {
    const { folder, name } = folderAbove(path);
    const names = interests.get(folder);
    if (names !== null) interests.set(folder, new Set([...(names ?? []), name]));
    if (identityOf(path) !== null) interests.set(path, null);
  }
  return interests;
}

function folderAbove(path: string): { folder: string; name: string } {
  const folder = dirname(path);
  const isThere = folder === path || identityOf(folder) !== null;
  return isThere ? { folder, name: basename(path) } : folderAbove(folder);
}

/** Tells a folder from another one that took its place; null when there is none. */
function identityOf(path: string): string | null {
  try {
    const stats = statSync(path);
    return stats.isDirectory() ? `${stats.dev}:${stats.ino}` : null;
  } catch {
    return null; // not there, or not ours to see
  }
}
