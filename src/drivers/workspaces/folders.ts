import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { Tree } from "#domain/builder.ts";
import type { Workspace } from "#domain/workspace.ts";
import { ensureDirectory, exists, namesIn, removeTree, syncDirectory } from "#lib/files.ts";

const textBytesMax = 1024 * 1024;

/** Artifacts in `<root>/artifacts/<id>`, growing as `<id>.partial`; caches in `<root>/caches`. */
export function createFolderWorkspace(root: string): Workspace {
  const artifacts = join(root, "artifacts");
  const dirOf = (id: number) => join(artifacts, String(id));
  const partialOf = (id: number) => join(artifacts, `${id}.partial`);
  const cacheOf = (appId: number) => join(root, "caches", String(appId));
  return {
    artifactDir: dirOf,
    preparePartial: async (id) => {
      await ensureDirectory(artifacts);
      await removeTree(partialOf(id));
      return partialOf(id);
    },
    finish: async (id) => {
      if (await exists(dirOf(id))) return;
      await rename(partialOf(id), dirOf(id));
      await syncDirectory(artifacts);
    },
    remove: async (id) => {
      await removeTree(partialOf(id));
      await removeTree(dirOf(id));
    },
    ids: async () => {
      const ids = (await namesIn(artifacts)).flatMap(
        (name) => /^(\d+)(?:\.partial)?$/.exec(name)?.[1] ?? [],
      );
      return [...new Set(ids.map(Number))];
    },
    cacheDir: (appId) => ensureDirectory(cacheOf(appId), 0o700),
    removeCache: (appId) => removeTree(cacheOf(appId)),
    treeOf: (dir) => treeOf(dir),
  };
}

/**
 * A pushed tree is hostile: a symbolic link in it may lead to a secret of the machine, so nothing
 * is followed, and only regular files of a sane size are read.
 */
function treeOf(dir: string): Tree {
  const pathOf = (path: string) => join(dir, path);
  const look = (path: string) => {
    try {
      return lstatSync(pathOf(path));
    } catch {
      return null; // not there, or in a folder that a build has locked
    }
  };
  const isInside = (path: string) =>
    path.split("/").every((part, index, parts) => {
      if (part === "..") return false;
      return index === 0 || look(parts.slice(0, index).join("/"))?.isDirectory();
    });
  return {
    has: (path) => isInside(path) && (look(path)?.isFile() ?? false),
    read: (path) => {
      if (!isInside(path)) return null;
      let file: number;
      try {
        file = openSync(
          pathOf(path),
          constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
        );
      } catch {
        return null;
      }
      try {
        const stats = fstatSync(file);
        return stats.isFile() && stats.size <= textBytesMax ? readFileSync(file, "utf8") : null;
      } finally {
        closeSync(file);
      }
    },
  };
}
