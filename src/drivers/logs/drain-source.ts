import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import type {
  DrainBatch,
  DrainedLogs,
  DrainLine,
  DrainSource,
  LogPositions,
} from "#domain/drain.ts";
import type { LogOrigin } from "#domain/logs.ts";
import { namesIn, nullIfMissing } from "#lib/files.ts";
import { linesOf, logFiles } from "./folders.ts";
import { timedLines } from "./job-times.ts";

const pieceBytes = 128 * 1024;
const batchBytesMax = 512 * 1024;
/** Of what waits for a receiver; beyond it all but the newest is passed over. */
const waitingBytesMax = 8 * 1024 * 1024;
const keptBytes = 1024 * 1024;
const lineEnd = 0x0a;

type Waiting = {
  readonly key: string;
  readonly path: string;
  readonly source: string;
  readonly origin: LogOrigin;
  readonly from: number;
  readonly size: number;
};

/** Where the logs stand: of instances, of the router, of jobs. */
type Roots = { readonly instances: string; readonly router: string; readonly jobs: string };

/** What was written for a branch, read at whatever pace its reader has. */
export function createDrainSource(roots: Roots): DrainSource {
  const filesOf = async (logs: DrainedLogs, positions: LogPositions): Promise<Waiting[]> => {
    const folders = await foldersOf(roots, logs.branchId);
    const files = await Promise.all([
      ...folders.map((folder) => filesIn(folder, positions)),
      ...logs.jobs.map((job) => jobFile(roots.jobs, job, positions)),
    ]);
    return files.flat();
  };
  return {
    end: async (logs) => positionsOf(await filesOf(logs, {}), "size"),
    waitingBytes: async (logs, positions) => waitingIn(await filesOf(logs, positions)),
    next: async (logs, positions) => {
      const files = await filesOf(logs, positions);
      const waitingBytes = waitingIn(files);
      if (waitingBytes === 0) return null;
      if (waitingBytes > waitingBytesMax) return skip(files, waitingBytes);
      return read(files, waitingBytes);
    },
  };
}

type Folder = { readonly path: string; readonly source: string; readonly origin: LogOrigin };

async function foldersOf(roots: Roots, branchId: number): Promise<Folder[]> {
  const parent = join(roots.instances, String(branchId));
  const instances = (await namesIn(parent)).flatMap((name): Folder[] => {
    const source = /^\d+-([A-Za-z][\w-]*\.\d+)$/.exec(name)?.[1];
    return source ? [{ path: join(parent, name), source, origin: "app" }] : [];
  });
  const router = join(roots.router, String(branchId), "router");
  return [...instances, { path: router, source: "router", origin: "router" }];
}

async function filesIn(folder: Folder, positions: LogPositions): Promise<Waiting[]> {
  return (await logFiles(folder.path)).map(({ path, inode, birthMs, size }) => {
    // A file keeps these when it is rotated, and another file with its inode has another birth.
    const key = `${inode}.${birthMs}`;
    return { ...folder, key, path, from: Math.min(positions[key] ?? 0, size), size };
  });
}

async function jobFile(root: string, job: number, positions: LogPositions): Promise<Waiting[]> {
  const path = join(root, `${job}.log`);
  const stats = await stat(path).catch(nullIfMissing);
  if (!stats) return [];
  const key = `job.${job}`;
  const from = Math.min(positions[key] ?? 0, stats.size);
  return [{ key, path, source: key, origin: "build", from, size: stats.size }];
}

function waitingIn(files: readonly Waiting[]): number {
  return files.reduce((sum, { from, size }) => sum + size - from, 0);
}

function positionsOf(files: readonly Waiting[], where: "from" | "size"): Record<string, number> {
  return Object.fromEntries(files.map((file) => [file.key, file[where]]));
}

/** Passes over what is too much, from the oldest on. */
function skip(files: readonly Waiting[], waitingBytes: number): DrainBatch {
  const positions = positionsOf(files, "from");
  let left = waitingBytes - keptBytes;
  for (const { key, from, size } of files) {
    const passed = Math.min(left, size - from);
    positions[key] = from + passed;
    left -= passed;
  }
  const skippedBytes = waitingBytes - keptBytes;
  return { lines: [], positions, bytes: 0, skippedBytes };
}

async function read(files: readonly Waiting[], waitingBytes: number): Promise<DrainBatch | null> {
  const positions = positionsOf(files, "from");
  const lines: DrainLine[] = [];
  let bytes = 0;
  for (const file of files) {
    if (bytes >= batchBytesMax) break;
    if (file.from === file.size) continue;
    const { text, length } = await pieceOf(file);
    positions[file.key] = file.from + length;
    bytes += length;
    lines.push(...(await linesIn(file, text)));
  }
  if (bytes === 0 || waitingBytes === 0) return null;
  lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return { lines, positions, bytes, skippedBytes: 0 };
}

async function linesIn(
  { origin, source, path, from }: Waiting,
  text: string,
): Promise<DrainLine[]> {
  // What a job prints has its times beside it, all else before each line.
  const lines = origin === "build" ? await timedLines(path, from, text) : linesOf(text, source);
  return lines.map((line) => ({ ...line, source, origin }));
}

/** The whole lines that a piece of a file holds; a line that has not ended yet waits. */
async function pieceOf({ path, from, size }: Waiting): Promise<{ text: string; length: number }> {
  const file = await open(path).catch(nullIfMissing);
  if (!file) return { text: "", length: 0 };
  try {
    const wanted = Math.min(pieceBytes, size - from);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, from);
    const whole = buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf(lineEnd) + 1);
    // A job may print a line as long as that, which is cut.
    const piece = whole.length === 0 && bytesRead === pieceBytes ? buffer : whole;
    return { text: piece.toString("utf8"), length: piece.length };
  } finally {
    await file.close();
  }
}
