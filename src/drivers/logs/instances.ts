import { join } from "node:path";
import { everyLine, lineFilter, type InstanceLogs } from "#domain/logs.ts";
import { namesIn, removeTree } from "#lib/files.ts";
import { follow, sizeOf, tailOf, tailOfAll, type LogFolder } from "./folders.ts";

type InstanceFolder = LogFolder & { readonly id: number };

/** What s6-log keeps in `<root>/<branch id>/<instance id>-<web.1>/`. */
export function createInstanceFiles(root: string): InstanceLogs {
  const branchDir = (branchId: number) => join(root, String(branchId));
  const foldersOf = async (branchId: number, process: string | null): Promise<InstanceFolder[]> =>
    (await namesIn(branchDir(branchId)))
      .flatMap((name) => folderOf(branchDir(branchId), name))
      .filter(
        ({ source }) => process === null || source === process || source.startsWith(`${process}.`),
      )
      .toSorted((a, b) => a.id - b.id);

  return {
    nameOf: ({ branchId, id, processType, index }) => `${branchId}/${id}-${processType}.${index}`,
    tail: async (branchId, filter, lines) =>
      tailOfAll(await foldersOf(branchId, filter.process), lineFilter(filter), lines),
    follow: (branchId, filter, signal) =>
      follow(branchDir(branchId), () => foldersOf(branchId, filter.process), {
        filter: lineFilter(filter),
        signal,
      }),
    sizeBytes: (name) => sizeOf(join(root, name)),
    lastLines: async (name, lines) => {
      const [branch = "", folder = ""] = name.split("/");
      const [found] = folderOf(join(root, branch), folder);
      const all = lineFilter(everyLine);
      return found ? (await tailOf(found, all, lines)).map((line) => line.text) : [];
    },
    prune: async (branchId, living, keep) => {
      const dead = (await foldersOf(branchId, null)).filter(({ id }) => !living.includes(id));
      await Promise.all(
        dead.slice(0, Math.max(0, dead.length - keep)).map(({ path }) => removeTree(path)),
      );
    },
    remove: (branchId) => removeTree(branchDir(branchId)),
  };
}

function folderOf(parent: string, name: string): InstanceFolder[] {
  const [, id, source] = /^(\d+)-([A-Za-z][\w-]*\.\d+)$/.exec(name) ?? [];
  return id && source ? [{ path: join(parent, name), id: Number(id), source }] : [];
}
