import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { PlatformError } from "#domain/errors.ts";
import { ExecError, exec } from "#lib/exec.ts";

/** The Linux user that berthd runs as. */
export type Account = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Every name under which that user can sign in over SSH, `name` first. */
  readonly names: readonly string[];
  /** What was found otherwise than wanted, as sentences. */
  readonly warnings: readonly string[];
};

export type AccountOptions = { readonly name?: string; readonly home?: string };

type PasswdEntry = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
};

/**
 * The account of berthd, made when it is not there yet, with further names for the same user
 * (`deploy`: the address that people push to). A name that is someone else's is left alone.
 * An ordinary user gets their own account as it is: only root can make others.
 * @throws {PlatformError} `command_failed` when an account cannot be made.
 */
export async function ensureAccount(
  names: readonly string[] = ["deploy"],
  { name = "berth", home = "/var/lib/berth" }: AccountOptions = {},
): Promise<Account> {
  if (!isRoot()) return ownAccount();
  const entry = await ensureUser(name, home);
  const warnings =
    entry.home === home
      ? []
      : [`The user ${name} was there before, with its home in ${entry.home}.`];
  const own = [name];
  for (const second of names.filter((it) => it !== name)) {
    const uid = await ensureName(second, entry);
    if (uid === entry.uid) own.push(second);
    else warnings.push(`The name ${second} belongs to another user (uid ${uid}); use ${name}.`);
  }
  return { name, uid: entry.uid, gid: entry.gid, names: own, warnings };
}

/** Removes an account that was made for Berth, known by its home; one of somebody else's stays. */
export async function removeAccount(name: string, home: string): Promise<void> {
  if ((await readPasswd()).get(name)?.home !== home) return;
  await exec(["userdel", "--force", "--", name]).catch((error: unknown) => {
    if (!(error instanceof ExecError)) throw error;
    const details = { command: `userdel ${name}`, problem: error.stderrTail.trim() };
    throw new PlatformError("command_failed", details, { cause: error });
  });
}

/** The user that nginx runs as, who has nothing but what it serves. Only root can make it. */
export async function ensureRouterAccount(home: string): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = await ensureUser("berth-router", home, "/usr/sbin/nologin");
  return { uid, gid };
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function ownAccount(): Account {
  const { username: name, uid, gid } = namedUser();
  return { name, uid, gid, names: [name], warnings: [] };
}

function namedUser() {
  try {
    return userInfo();
  } catch {
    const uid = process.getuid?.();
    const problem = `the system has no name for it, which sshd needs. Give it one: useradd --uid ${uid} NAME (as root)`;
    throw unusable(`uid ${uid}`, problem);
  }
}

async function ensureUser(name: string, home: string, shell = "/bin/sh"): Promise<PasswdEntry> {
  if (!(await readPasswd()).has(name)) {
    const group = (await readGroups()).has(name) ? ["--gid", name] : ["--user-group"];
    await useradd([...userOptions(home, shell), ...group, "--", name]);
  }
  const entry = (await readPasswd()).get(name);
  if (!entry) throw unusable(name, "it was made but is not in /etc/passwd");
  if (entry.uid === 0) throw unusable(name, "it is root");
  return entry;
}

/** Gives `user` a second name, and the uid that the name stands for in the end: another's, when it was taken. */
async function ensureName(name: string, user: PasswdEntry): Promise<number> {
  const taken = (await readPasswd()).get(name);
  if (taken) return taken.uid;
  const same = ["--non-unique", "--uid", `${user.uid}`, "--gid", `${user.gid}`, "--no-user-group"];
  await useradd([...userOptions(user.home), ...same, "--", name]);
  return user.uid;
}

/** `*` is no password that could match, yet not the `!` of a locked account, which sshd refuses. */
function userOptions(home: string, shell = "/bin/sh"): string[] {
  return ["--system", "--home-dir", home, "--no-create-home", "--shell", shell, "--password", "*"];
}

async function useradd(args: readonly string[]): Promise<void> {
  try {
    await exec(["useradd", ...args]);
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    const details = { command: `useradd ${args.at(-1)}`, problem: error.stderrTail.trim() };
    throw new PlatformError("command_failed", details, { cause: error });
  }
}

function unusable(name: string, problem: string): PlatformError {
  const command = `The set-up of the user ${name}`;
  return new PlatformError("command_failed", { command, problem });
}

async function readPasswd(): Promise<Map<string, PasswdEntry>> {
  return parsePasswd(await readFile("/etc/passwd", "utf8"));
}

/** Reads passwd(5); the first line of a name counts, as it does for the C library. */
export function parsePasswd(text: string): Map<string, PasswdEntry> {
  const entries = new Map<string, PasswdEntry>();
  for (const line of text.split("\n")) {
    const [name = "", , uid, gid, , home] = line.split(":");
    if (home === undefined || name === "" || entries.has(name)) continue;
    entries.set(name, { name, uid: Number(uid), gid: Number(gid), home });
  }
  return entries;
}

async function readGroups(): Promise<Set<string>> {
  const text = await readFile("/etc/group", "utf8");
  return new Set(text.split("\n").map((line) => line.split(":", 1)[0] ?? ""));
}
