import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { exec } from "#lib/exec.ts";
import { until, type Platform } from "./platform.ts";

export type Process = {
  readonly pid: number;
  readonly parent: number;
  /** As the kernel counts it. */
  readonly startedAt: number;
  /** With spaces between. */
  readonly argv: string;
  /** It was told of the home, stands in it, or has something of it open or mounted; a child need not. */
  readonly touchesHome: boolean;
};

/** Every process that a home started, found by what it touches, with everything below it. */
export function processesOf(home: string): Process[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => processAt(Number(name), home));
  const mine = new Set(all.filter((it) => it.touchesHome).map((it) => it.pid));
  for (let before = -1; before !== mine.size;) {
    before = mine.size;
    for (const { pid, parent } of all) if (mine.has(parent)) mine.add(pid);
  }
  return all.filter(({ pid }) => mine.has(pid));
}

/** Of those, the ones whose command line has `words`. */
export function processesWith(home: string, words: string): Process[] {
  return processesOf(home).filter(({ argv }) => argv.includes(words));
}

/** The process that s6 keeps for a service: `berthd`, `nginx`, `sshd`, `i12`. */
export async function pidOf(home: string, service: string): Promise<number> {
  const text = await exec(["s6-svstat", "-o", "pid", join(home, "run/scan", service)]);
  return Number(text.trim());
}

/** SIGKILL; one that is gone already is no error. */
export function kill(...pids: readonly number[]): void {
  for (const pid of pids) {
    assert.ok(pid > 1, "only what was found is killed");
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Kills berthd and resolves when another one answers. */
export async function killBerthd(platform: Platform): Promise<void> {
  const before = await pidOf(platform.home, "berthd");
  kill(before);
  const isBack = async () => {
    const now = await pidOf(platform.home, "berthd").catch(() => -1);
    return now > 0 && now !== before && (await platform.berth("apps")).code === 0;
  };
  await until(isBack, "berthd is back", 20_000);
}

/** A question to the state, past berthd. */
export function query<Row>(home: string, sql: string, ...values: readonly unknown[]): Row[] {
  const database = new Database(join(home, "data/berth.db"), { readonly: true });
  try {
    // The caller knows the columns that it asks for.
    return database.prepare(sql).all(...values) as Row[];
  } finally {
    database.close();
  }
}

/**
 * Resolves when the home holds exactly what is recorded: a service, a process, a port, a scratch
 * folder for each instance, none of them draining; a directory for each artifact that is kept.
 */
export async function untilTidy(home: string): Promise<void> {
  let problem: string | null = null;
  const isTidy = async () => (problem = untidiness(home)) === null;
  try {
    await until(isTidy, "the home is tidy", 15_000);
  } catch {
    assert.fail(problem ?? "the home is not tidy");
  }
}

/** A sentence for the first thing that is there too much or too little. */
function untidiness(home: string): string | null {
  const instances = query<{ id: number; port: number | null; draining_at: number | null }>(
    home,
    "SELECT id, port, draining_at FROM instances ORDER BY id",
  );
  if (instances.some((it) => it.draining_at !== null)) return "an instance is draining";
  const ids = instances.map(({ id }) => `i${id}`);
  const artifacts = query<{ id: number }>(
    home,
    "SELECT id FROM artifacts WHERE status = 'ready' ORDER BY id",
  );
  const isPlatform = (name: string) => ["berth-root", "berthd", "nginx", "sshd"].includes(name);
  const links = namesIn(home, "run/scan").filter((name) => !isPlatform(name));
  const repositories = namesIn(home, "data/repos").filter((name) => !/^\d+\.git$/.test(name));
  const supervised = processesOf(home).flatMap(
    ({ argv }) => /^s6-supervise (i\d+)$/.exec(argv)?.[1] ?? [],
  );
  return (
    difference("run/services", namesIn(home, "run/services"), ids) ??
    difference("run/scan", links, ids) ??
    difference("supervisors", supervised, ids) ??
    difference("data/scratch", namesIn(home, "data/scratch"), []) ??
    difference("data/repos", repositories, []) ??
    difference(
      "data/artifacts",
      namesIn(home, "data/artifacts"),
      artifacts.map(({ id }) => String(id)),
    ) ??
    difference(
      "sandboxes",
      sandboxesOf(home),
      instances.map(() => "sandbox"),
    )
  );
}

/** One word for each outermost bwrap of an app, a build or a hook. */
function sandboxesOf(home: string): string[] {
  const mine = processesWith(home, "bwrap --args 3");
  const pids = new Set(mine.map(({ pid }) => pid));
  return mine.filter(({ parent }) => !pids.has(parent)).map(() => "sandbox");
}

function difference(what: string, found: readonly string[], wanted: readonly string[]) {
  const [is, should] = [found, wanted].map((names) => names.toSorted().join(" "));
  return is === should ? null : `${what} has [${is}], not [${should}]`;
}

function namesIn(home: string, folder: string): string[] {
  return readdirSync(join(home, folder)).filter((name) => !name.startsWith("."));
}

function processAt(pid: number, home: string): Process[] {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, parent, startedAt] = [fields[0], Number(fields[1]), Number(fields[19])];
    if (state === "Z") return [];
    return [{ pid, parent, startedAt, argv, touchesHome: touches(pid, argv, home) }];
  } catch {
    return [];
  }
}

function touches(pid: number, argv: string, home: string): boolean {
  if (argv.includes(home)) return true;
  if (["cwd", "root"].some((name) => linkAt(`/proc/${pid}/${name}`).startsWith(home))) return true;
  if (hasMounted(pid, home)) return true;
  if (readFileSync(`/proc/${pid}/environ`, "utf8").includes(home)) return true;
  const files = readdirSync(`/proc/${pid}/fd`);
  return files.some((name) => linkAt(`/proc/${pid}/fd/${name}`).startsWith(home));
}

/**
 * Whether it sees a part of the home by a mount of its own, as a sandbox does. Not whether something
 * is mounted in the home: all programs of the machine see that.
 */
function hasMounted(pid: number, home: string): boolean {
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, "utf8").split("\n");
  // From the top of its file system, which may be the folder for temporary files.
  const path = `${home.replace(tmpdir(), "")}/`;
  return mounts.some((line) => line.split(" ")[3]?.includes(path));
}

function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
