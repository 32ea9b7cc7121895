import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { lineFilter, logMoment, type RouterLogs } from "#domain/logs.ts";
import { namesIn, removeTree } from "#lib/files.ts";
import { follow, tailOfAll, type LogFolder } from "./folders.ts";

const fileBytesMax = 1_000_000;
const filesMax = 10;

/** What the router answered, in `<root>/<branch id>/router/`, in the form that s6-log writes. */
export function createRouterFiles(root: string, bytesMax = fileBytesMax): RouterLogs {
  const branchDir = (branchId: number) => join(root, String(branchId));
  const folder = (branchId: number): LogFolder => {
    return { path: join(branchDir(branchId), "router"), source: "router" };
  };
  return {
    append: (branchId, lines) => {
      const { path } = folder(branchId);
      const text = lines.map((line) => `${logMoment(line.at)}  ${line.text}\n`).join("");
      const current = join(path, "current");
      try {
        mkdirSync(path, { recursive: true, mode: 0o700 });
        const before = statSync(current, { throwIfNoEntry: false });
        appendFileSync(current, text, { mode: 0o600 });
        if ((before?.size ?? 0) + text.length > bytesMax) rotate(path, lines.at(-1)?.at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
      }
    },
    tail: (branchId, filter, lines) => tailOfAll([folder(branchId)], lineFilter(filter), lines),
    follow: (branchId, filter, signal) =>
      follow(branchDir(branchId), async () => [folder(branchId)], {
        filter: lineFilter(filter),
        signal,
      }),
    remove: (branchId) => removeTree(branchDir(branchId)),
  };
}

function rotate(path: string, at = new Date(0)): void {
  // As long as TAI64N is, so that names sort by time.
  const stamp = at.getTime().toString(16).padStart(24, "0");
  renameSync(join(path, "current"), join(path, `@${stamp}.s`));
  const removeOld = async () => {
    const rotated = (await namesIn(path)).filter((name) => name.startsWith("@"));
    for (const name of rotated.slice(0, Math.max(0, rotated.length - filesMax))) {
      rmSync(join(path, name), { force: true });
    }
  };
  // What stays now goes with the next one.
  removeOld().catch(() => {});
}
