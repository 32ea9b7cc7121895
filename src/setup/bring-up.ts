import { join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import type { HostSettings } from "#domain/host-config.ts";
import { ensureDirectory } from "#lib/files.ts";
import { seesOthers } from "#lib/processes.ts";
import { ensureAccount, ensureRouterAccount, type Account } from "./account.ts";
import { adoptArtifacts } from "./adopt-artifacts.ts";
import { ensureReadableCode } from "./code.ts";
import { makeHome } from "./home-folder.ts";
import { homeLayout } from "./layout.ts";
import type { Out } from "./out.ts";
import { missingPrograms } from "./packages.ts";
import { prepareHome, prepareOwnHome } from "./prepare-home.ts";
import { claimUsers } from "./uid-range.ts";
import { findSandboxProblem } from "./user-namespaces.ts";
import {
  startTree,
  stopTree,
  untilReady,
  writeFiles,
  type Installation,
  type Supervisor,
  type Users,
} from "./up.ts";

/** Where Berth's code is, and what it finds on the machine. */
export type Place = {
  readonly checkout: string;
  /** The Node that runs this. */
  readonly runtime: string;
  /** The home of the account that root makes for Berth. */
  readonly accountHome: string;
};

export type Begun = {
  readonly installation: Installation;
  readonly settings: HostSettings;
  readonly supervisor: Supervisor;
};

/** Starts everything, and waits until it answers; what was started is ended when it does not. */
export async function bringUp(options: Place, home: string, out: Out): Promise<Begun> {
  await makeHome(home, isRoot() ? 0o711 : 0o700);
  const missing = await missingPrograms();
  if (missing.length > 0) {
    const names = missing.map(({ name, problem }) => `${name} ${problem}`).join("; ");
    const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))].join(" ");
    const problem = `${names}. Install what is missing: apt-get install -y ${packages}`;
    throw new PlatformError("command_failed", { command: "Looking for what Berth needs", problem });
  }
  // Others read what is written here; what they may not is closed by its mode.
  process.umask(0o022);
  const own = { home: options.accountHome };
  const account = await ensureAccount([], own);
  if (isRoot()) await requireSight(account);
  const users = isRoot() ? await prepareUsers(options, home, account) : null;
  if (!users) await prepareOwnHome(homeLayout(home));
  await requireSandboxes(users);
  const installation = { home, account, users, ...(await programsFor(options, account, users)) };
  out.note(`Starting Berth in ${home} as ${account.name}`);
  const { settings, problems } = await writeFiles(installation);
  const { warnings } = await ensureAccount(settings.sshNames, own);
  for (const warning of warnings) out.note(warning);
  try {
    const supervisor = await startTree(installation, settings);
    await untilReady(installation, settings);
    return { installation, settings, supervisor };
  } catch (error) {
    // A Berth that runs tells them itself.
    for (const line of problems) out.note(line);
    await stopTree(home);
    throw error;
  }
}

/**
 * berthd looks at what runs as the users of apps: to ask it to end, to see that it has ended, and that
 * nothing is left of an app whose user another one gets.
 */
export async function requireSight({ name, uid, gid }: Account, proc = "/proc"): Promise<void> {
  if (await seesOthers({ uid, gid }, proc)) return;
  const problem = `${proc} is mounted with hidepid, which hides from ${name} what its apps run. Show it: mount -o remount,gid=${gid} ${proc} (as root; for good: gid=${gid} beside hidepid in /etc/fstab)`;
  throw new PlatformError("command_failed", { command: "Looking at what apps run", problem });
}

/** Before anything is started that could run no app. */
async function requireSandboxes(users: Users | null): Promise<void> {
  const app = users ? { uid: users.appsFrom, gid: users.appsFrom } : {};
  const found = await findSandboxProblem(app);
  if (found === null) return;
  const problem = `${found.problem}. To allow them: ${found.fix}`;
  throw new PlatformError("command_failed", { command: "Making a sandbox", problem });
}

/** As root: the users that everything else runs as, and a home in which none of them is in charge. */
async function prepareUsers(
  { accountHome }: Place,
  home: string,
  account: Account,
): Promise<Users> {
  const router = await ensureRouterAccount(accountHome);
  // sshd changes into the account's own home, which need not be this one.
  await ensureDirectory(accountHome, 0o711);
  const layout = homeLayout(home);
  await prepareHome(layout, { account, router });
  const appsFrom = await claimUsers(home);
  await adoptArtifacts(layout, appsFrom);
  return { router, appsFrom };
}

/** The code that the account and the users can read, and the Node that goes with it. */
export async function programsFor(
  { checkout, runtime }: Place,
  account: Account,
  users: Users | null,
): Promise<Pick<Installation, "node" | "code">> {
  const { uid, gid } = account;
  // Users of apps are in no group of ours.
  const app = users && { uid: users.appsFrom, gid: users.appsFrom };
  const code = await ensureReadableCode({ checkout, uid, gid, app });
  const node = code === checkout ? runtime : join(code, "node_modules/node/bin/node");
  return { node, code };
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
