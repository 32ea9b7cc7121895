import { rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import { ExecError, exec } from "#lib/exec.ts";
import { ensurePrivateFile, exists, namesIn, removeTree, syncDirectory } from "#lib/files.ts";
import { ensureAccount, ensureRouterAccount } from "./account.ts";
import { isRoot, programsFor, type Place } from "./bring-up.ts";
import { makeHome } from "./home-folder.ts";
import { homeLayout, type HomeLayout } from "./layout.ts";
import type { Out } from "./out.ts";
import { runOurs } from "./up.ts";

export type BackupFile = {
  readonly file: string;
  /** Whether the key of the secrets goes with the database that it opens. */
  readonly withKey: boolean;
};

/** A home may be large, and its disk slow. */
const timeoutMs = 24 * 3600 * 1000;

/** What says in a repository which commits there are. */
const refNames = ["refs", "packed-refs"];

/** What is made anew, what is there as a copy or was read already, and what is of no use elsewhere. */
const leftOut = [
  "data/berth.db",
  "data/berth.db-*",
  "data/berth.db.before-*",
  "data/metrics.db*",
  "data/compiled",
  "data/caches",
  "data/scratch",
  "data/artifacts/*.partial",
  ...refNames.map((name) => `data/repos/*/${name}`),
];

/**
 * Writes all that a Berth is made of into one file, while it runs or not: configuration, state,
 * repositories, artifacts, keys; no logs and no metrics. The file is there as a whole or not at all.
 * @throws {PlatformError} `home_missing`, `command_failed`
 */
export async function backUp(
  { file, withKey, ...where }: Place & BackupFile & { readonly home: string },
  out: Out,
): Promise<void> {
  const { home } = where;
  const layout = homeLayout(home);
  if (!(await exists(layout.database))) throw new PlatformError("home_missing", { home });
  const partial = `${file}.partial`;
  try {
    out.note("Copying the database");
    await copyDatabase(where);
    out.note(`Writing ${file}`);
    ensurePrivateFile(partial);
    await pack(layout, partial, withKey);
    await exec(["sync", partial], { timeoutMs });
    await rename(partial, file);
    await syncDirectory(dirname(file));
  } finally {
    await rm(layout.databaseCopy, { force: true });
    await rm(partial, { force: true });
  }
  out.line(`Wrote ${file}, ${((await stat(file)).size / 1e6).toFixed(1)} MB.`);
  out.note(
    withKey
      ? "It gives all secrets away to whoever has it. Restore it with berth restore."
      : `It is of no use without a copy of ${layout.secretKey}, which you keep apart from it.`,
  );
}

/** As the account: root opens no database of the account's, as what that makes must be the account's. */
async function copyDatabase({ home, ...place }: Place & { readonly home: string }): Promise<void> {
  const account = await ensureAccount([], { home: place.accountHome });
  const programs = await programsFor(place, account, null);
  const ids = isRoot() ? { uid: account.uid, gid: account.gid } : {};
  const cache = homeLayout(home).compileCache;
  await runOurs({ ...programs, home }, ["berth-copy"], { cache, ...ids });
}

/**
 * What a push adds while this is read must not be known without its objects, so what says which
 * commits there are is read before any object.
 */
async function pack(layout: HomeLayout, file: string, withKey: boolean): Promise<void> {
  const into = ["--file", file, "-C", layout.home];
  await tar("Writing the backup", ["--create", ...into, "config", ...(await refsIn(layout))]);
  const excluded = withKey ? leftOut : [...leftOut, "data/secret.key"];
  await tar("Writing the backup", [
    "--append",
    ...into,
    "--anchored",
    "--no-wildcards-match-slash",
    ...excluded.map((path) => `--exclude=${path}`),
    "--transform=s,^data/berth.db.copy$,data/berth.db,r",
    "data",
    ...((await exists(layout.sshFolder)) ? [".ssh"] : []),
  ]);
}

async function refsIn({ home, repositories }: HomeLayout): Promise<string[]> {
  const paths = (await namesIn(repositories)).flatMap((repository) =>
    refNames.map((name) => join("data/repos", repository, name)),
  );
  const there = await Promise.all(paths.map((path) => exists(join(home, path))));
  return paths.filter((_, at) => there[at]);
}

/**
 * Makes a home of a backup; what its `config` holds already stays. Its users get what is theirs as it
 * is started next, whatever numbers they have here.
 * @throws {PlatformError} `home_taken`, `command_failed`
 */
export async function restore(
  { home, file, accountHome }: Place & { readonly home: string; readonly file: string },
  out: Out,
): Promise<void> {
  const { data, secretKey } = homeLayout(home);
  if (await exists(data)) throw new PlatformError("home_taken", { home });
  await makeHome(home, 0o711);
  // So that what is theirs in the backup is theirs here, by name.
  await ensureAccount([], { home: accountHome });
  if (isRoot()) await ensureRouterAccount(accountHome);
  out.note(`Reading ${file}`);
  const how = ["--preserve-permissions", "--skip-old-files"];
  try {
    await tar("Reading the backup", ["--extract", "--file", file, "-C", home, ...how]);
  } catch (error) {
    await removeTree(data);
    throw error;
  }
  out.line(`Restored ${home}.`);
  if (!(await exists(secretKey))) out.note(`Put the key of its secrets to ${secretKey}.`);
  out.note(`Then start it: berth up --detach --home ${home}`);
}

/** @see tar(1): 1 says that a file was changed or removed while it was read, as running apps do. */
async function tar(command: string, args: readonly string[]): Promise<void> {
  try {
    await exec(["tar", ...args], { timeoutMs });
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    const isWhole = error.code === 1 && args.includes("--append");
    if (isWhole) return;
    const problem = error.stderrTail.trim();
    throw new PlatformError("command_failed", { command, problem }, { cause: error });
  }
}
