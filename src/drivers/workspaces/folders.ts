import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tree } from "#domain/builder.ts";
import type { Privileges } from "#domain/privileges.ts";
import type { Workspace } from "#domain/workspace.ts";
import { exists, namesIn } from "#lib/files.ts";

const textBytesMax = 1024 * 1024;

/**
 * Artifacts in `<root>/artifacts/<id>`, growing as `<id>.partial`. What belongs to an app's user is
 * handed over, taken back and removed by whoever has the privilege for it.
 */
export function createFolderWorkspace(root: string, { call }: Pick<Privileges, "call">): Workspace {
  const artifacts = join(root, "artifacts");
  const dirOf = (id: number) => join(artifacts, String(id));
  const partialOf = (id: number) => join(artifacts, `${id}.partial`);
  return {
    artifactDir: dirOf,
    growingDir: partialOf,
    preparePartial: async (id) => {
      if (await exists(partialOf(id))) await call("removeArtifact", { artifactId: id });
      return partialOf(id);
    },
    handOver: async (artifactId, user) => {
      await call("handOverArtifact", { artifactId, user });
    },
    seal: async (artifactId, user) => {
      if (await exists(dirOf(artifactId))) return;
      await call("sealArtifact", { artifactId, user });
    },
    finish: async (artifactId, user) => {
      if (await exists(dirOf(artifactId))) return;
      await call("finishArtifact", { artifactId, user });
    },
    publish: async (artifactId, user) => {
      await call("publishArtifact", { artifactId, user });
    },
    remove: async (artifactId) => {
      await call("removeArtifact", { artifactId });
    },
    ids: async () => {
      const ids = (await namesIn(artifacts)).flatMap(
        (name) => /^(\d+)(?:\.partial)?$/.exec(name)?.[1] ?? [],
      );
      return [...new Set(ids.map(Number))];
    },
    removeCache: async (appId) => {
      await call("removeCache", { appId });
    },
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
