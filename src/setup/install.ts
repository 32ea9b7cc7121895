import { chmod, lstat, readlink, rename, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import { programOf } from "#lib/checkout.ts";
import { ExecError, exec } from "#lib/exec.ts";
import { renderExecline } from "#lib/execline.ts";
import {
  ensureDirectory,
  exists,
  nullIfMissing,
  readIfThere,
  removeTree,
  syncDirectory,
  writeAtomic,
} from "#lib/files.ts";
import { removeForeignTree } from "#lib/foreign-tree.ts";
import { ensureAccount, ensureRouterAccount, removeAccount } from "./account.ts";
import { copyCode } from "./code.ts";
import { makeHome } from "./home-folder.ts";
import { homeLayout } from "./layout.ts";
import type { Out } from "./out.ts";
import { giveBackPorts } from "./reserved-ports.ts";
import { renderUnit } from "./systemd-unit.ts";

export type InstallOptions = {
  readonly checkout: string;
  readonly home: string;
  /** The directory that sshd knows as the account's own. */
  readonly accountHome: string;
};

/** Everything that `install` puts on a machine outside of the home. */
const places = {
  /** One directory for each version, and `current`, a link to the one in use. */
  code: "/opt/berth",
  command: "/usr/local/bin/berth",
  unit: "/etc/systemd/system/berth.service",
  claims: "/var/lib/berth-uids",
} as const;

const current = join(places.code, "current");
const runtime = join(current, "node_modules/node/bin/node");
const cli = programOf(current, "cli");

/**
 * Sets Berth up on this machine for good. Repeatable: from a newer checkout it is the update, which
 * leaves the home as it is and starts Berth again on the new code.
 * @throws {PlatformError} `needs_root`
 */
export async function install(options: InstallOptions, out: Out): Promise<void> {
  requireRoot("berth install");
  const { home, accountHome, checkout } = options;
  await makeHome(home, 0o711);
  const account = await ensureAccount(["deploy"], { home: accountHome });
  await ensureRouterAccount(accountHome);
  for (const warning of account.warnings) out.note(warning);
  await ensureDirectory(places.claims, 0o755);
  out.note(`Copying the code to ${places.code}`);
  const code = await copyCode(checkout, places.code);
  await pointTo(code);
  await writeAtomic(places.command, renderCommand(), 0o755);
  await chmod(places.command, 0o755);
  out.line(`Code       ${code}, owned by root`);
  out.line(`Command    ${places.command}`);
  out.line(`Account    ${account.names.join(", ")}`);
  out.line(`Home       ${home}`);
  if (await hasSystemd()) await installUnit(home, out);
  else out.line(`Start it   berth --home ${home} up --detach   (no systemd here)`);
}

async function installUnit(home: string, out: Out): Promise<void> {
  const { supervisorPid: pidFile } = homeLayout(home);
  const text = renderUnit({ home, node: runtime, cli, pidFile, claims: places.claims });
  await writeAtomic(places.unit, text, 0o644);
  await systemctl("daemon-reload");
  out.note("Starting Berth");
  await systemctl("enable", "--quiet", "berth.service");
  await systemctl("restart", "berth.service");
  out.line(`Unit       ${places.unit}, started now and at each boot`);
  out.line("See it     berth status, journalctl -u berth");
}

export type UninstallOptions = Omit<InstallOptions, "checkout"> & {
  readonly confirmed: boolean;
  readonly keepsHome: boolean;
  /** Takes down what runs in the home. */
  readonly down: () => Promise<void>;
};

/**
 * Takes away what `install` and the years since have put on the machine: processes, code, unit,
 * accounts, and the home unless it is to be kept. Safe to repeat after a crash in the middle.
 * @throws {PlatformError} `needs_root`, `uninstall_needs_confirmation`
 */
export async function uninstall(options: UninstallOptions, out: Out): Promise<void> {
  requireRoot("berth uninstall --confirm");
  const { home, accountHome, confirmed, keepsHome } = options;
  if (!confirmed) throw new PlatformError("uninstall_needs_confirmation", { home });
  await refuseStrangeHome(home);
  if ((await hasSystemd()) && (await exists(places.unit))) {
    out.note("Stopping Berth");
    await systemctl("disable", "--quiet", "--now", "berth.service");
  }
  await options.down();
  await unlink(places.unit).catch(nullIfMissing);
  if (await hasSystemd()) await systemctl("daemon-reload");
  await giveBackPorts(homeLayout(home).helper);
  // Something may still run as one of its users.
  if (!keepsHome) await removeForeignTree(home);
  await releaseClaims(home);
  for (const name of ["deploy", "berth-router", "berth"]) await removeAccount(name, accountHome);
  if ((await readIfThere(places.command)) === renderCommand()) await unlink(places.command);
  await removeTree(places.code);
  out.line(keepsHome ? `Removed Berth; ${home} is left.` : `Removed Berth and ${home}.`);
}

/** A word too few or too many on the command line must not remove somebody's files. */
async function refuseStrangeHome(home: string): Promise<void> {
  const { data, config, run } = homeLayout(home);
  if (!(await exists(home))) return;
  const isOurs = (await exists(data)) || (await exists(config)) || (await exists(run));
  const isEmptyOrOurs =
    isOurs || (await exec(["find", home, "-mindepth", "1", "-print", "-quit"])) === "";
  if (isEmptyOrOurs) return;
  const problem = `${home} holds other things than a home of Berth`;
  throw new PlatformError("invalid_input", { field: "--home", problem });
}

/** The ranges of users that this home had: nothing of it is left that could be theirs. */
async function releaseClaims(home: string): Promise<void> {
  const found = await exec(["find", places.claims, "-maxdepth", "1", "-type", "l"]).catch(() => "");
  for (const claim of found.split("\n").filter(Boolean)) {
    if ((await readlink(claim)) === home) await unlink(claim);
  }
}

function requireRoot(command: string): void {
  if (process.getuid?.() !== 0) throw new PlatformError("needs_root", { command });
}

/** @see sd_booted(3) */
async function hasSystemd(): Promise<boolean> {
  return (await lstat("/run/systemd/system").catch(nullIfMissing)) !== null;
}

async function pointTo(code: string): Promise<void> {
  const next = `${current}.partial`;
  await unlink(next).catch(nullIfMissing);
  await symlink(code, next);
  await rename(next, current);
  await syncDirectory(places.code);
}

/** The command, which works whatever Node the machine has, or none. */
function renderCommand(): string {
  return renderExecline([[runtime, cli, { substituted: "$@" }]], { args: "-S0" });
}

async function systemctl(...words: string[]): Promise<void> {
  try {
    await exec(["systemctl", ...words], { timeoutMs: 180_000 });
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    const problem = `${error.stderrTail.trim()} (see journalctl -u berth)`;
    const details = { command: `systemctl ${words.join(" ")}`, problem };
    throw new PlatformError("command_failed", details, { cause: error });
  }
}
