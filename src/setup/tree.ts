import { chmod, symlink, unlink } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import type { Ids } from "#domain/realm.ts";
import { programOf } from "#lib/checkout.ts";
import { bareEnv, exec } from "#lib/exec.ts";
import { execlineTool, renderExecline, type ExeclineWord } from "#lib/execline.ts";
import { ensureDirectory, exists, nullIfMissing, writeAtomic } from "#lib/files.ts";
import { renderHook } from "./git-hook.ts";
import type { HomeLayout } from "./layout.ts";

/** Who each part runs as, when root starts them. */
export type TreeUsers = { readonly account: Ids; readonly router: Ids };

export type TreeOptions = {
  readonly layout: HomeLayout;
  /** Null for an ordinary user, who is all of them. */
  readonly users: TreeUsers | null;
  /** The runtime and the code that all of them can read. */
  readonly node: string;
  readonly code: string;
  readonly nginxConf: string;
  readonly sshdConf: string;
};

/**
 * Writes everything that s6 needs to run the platform: a service folder for each part, their
 * configuration, and the programs that sshd and git start. Repeatable; what runs takes it up when it
 * is started again.
 */
export async function writeTree(options: TreeOptions): Promise<void> {
  const { layout } = options;
  const ours = [layout.scan, layout.platformServices, layout.hooks, layout.routing];
  for (const folder of [...ours, layout.nginxOwn]) await ensureDirectory(folder, 0o700);
  await writeAtomic(layout.nginxConf, options.nginxConf, 0o644);
  await writeAtomic(layout.sshdConf, options.sshdConf, 0o644);
  await writePrograms(options);
  await writeParts(options);
}

/** What belongs to the account itself: keys, and a list of nobody who may push yet. */
export async function writeOwn(layout: HomeLayout): Promise<void> {
  await ensureHostKey(layout);
  await ensureCertificate(layout);
  if (!(await exists(layout.authorizedKeys))) await writeAtomic(layout.authorizedKeys, "", 0o600);
}

/** What sshd and git start, as the account. */
async function writePrograms({ layout, node, code }: TreeOptions): Promise<void> {
  const ours = oursIn({ layout, node, code });
  const cached = cachedIn(layout.compileCache);
  await writeAtomic(
    layout.sshShell,
    renderExecline([cached, [...inSlot(layout, code), ...ours("ssh-shell"), given]], {
      args: "-S0",
    }),
    0o755,
  );
  await writeAtomic(join(layout.hooks, "proc-receive"), renderHook(), 0o755);
}

/** All sessions of one person over SSH together may hold an eighth of the machine's memory. */
const sessionShareOfMemory = 1 / 8;
/** What a session that follows a log was seen to take. */
const sessionBytes = 52 * 1024 ** 2;

/** A person has so many sessions at once, before any of Berth's own programs begins for one more. */
function inSlot({ sshSlots }: HomeLayout, code: string): string[] {
  const most = Math.floor((totalmem() * sessionShareOfMemory) / sessionBytes);
  const program = join(code, "src/setup/take-slot.pl");
  return ["perl", program, sshSlots, String(Math.min(64, Math.max(4, most)))];
}

async function writeParts(options: TreeOptions): Promise<void> {
  const { layout, node, users } = options;
  const ours = oursIn(options);
  const { account = null, router = null } = users ?? {};
  const [, ...berthd] = [...ours("berthd"), ...(users ? [layout.helperSocket] : [])];
  await writeService(options, "berthd", [
    cachedIn(layout.compileCache),
    oneArena,
    [...as(account), node, ...smallHeap, ...berthd],
  ]);
  const nginx = ["/usr/sbin/nginx", "-c", layout.nginxConf, "-p", layout.nginxOwn, "-e", "stderr"];
  // A killed nginx leaves its socket, on which the next one could not listen.
  const tidy = [execlineTool("foreground"), ["rm", "-f", layout.nginxSocket]];
  await writeService(options, "nginx", [[...as(router), ...tidy, ...ownProcesses, ...nginx]]);
  await writeService(options, "sshd", [
    [...as(account), "/usr/sbin/sshd", "-D", "-e", "-f", layout.sshdConf],
  ]);
  if (!users) return;
  const [, ...helper] = ours("berth-root");
  await writeService(options, "berth-root", [
    cachedIn(layout.helperCache),
    oneArena,
    [...dieWithParent, node, ...smallHeap, ...helper],
  ]);
}

function oursIn({ layout, node, code }: Pick<TreeOptions, "layout" | "node" | "code">) {
  return (program: string): string[] => [node, programOf(code, program), layout.home];
}

function cachedIn(folder: string): ExeclineWord[] {
  return [execlineTool("export"), "NODE_COMPILE_CACHE", folder];
}

/** The words that the script itself was given. */
const given = { substituted: "$@" } as const;

/**
 * berthd waits nearly all the time, so memory counts more than speed: short-lived objects are
 * collected sooner (MB for each half), the heap grows slowly, and malloc keeps one arena. After 60
 * deploys it is 25 MB less, at the same time for a deploy (measured).
 */
const smallHeap = ["--max-semi-space-size=2", "--optimize-for-size"];
const oneArena: ExeclineWord[] = [execlineTool("export"), "MALLOC_ARENA_MAX", "1"];

/** When its supervisor is killed, the program must go too: the next supervisor starts another. */
const dieWithParent = ["setpriv", "--pdeathsig", "KILL", "--"];

/** Becomes a user for good: without a capability, and without a way to get one back. */
function as(ids: Ids | null): string[] {
  if (!ids) return dieWithParent;
  const who = ["--reuid", String(ids.uid), "--regid", String(ids.gid), "--clear-groups"];
  const nothing = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"];
  return ["setpriv", ...who, ...nothing, "--pdeathsig", "KILL", "--"];
}

/**
 * nginx in a process namespace of its own: when its master is killed, the kernel ends the workers
 * with it, which would otherwise keep the ports and an old routing table.
 */
const ownProcesses = [
  "bwrap",
  "--dev-bind",
  "/",
  "/",
  "--unshare-pid",
  "--proc",
  "/proc",
  "--die-with-parent",
  "--",
];

async function writeService(
  { layout, users }: TreeOptions,
  name: string,
  run: readonly (readonly ExeclineWord[])[],
): Promise<void> {
  const service = join(layout.platformServices, name);
  const logDir = join(layout.logs, name);
  await ensureDirectory(join(service, "log"), 0o700);
  if (!users) await ensureDirectory(logDir, 0o700);
  // What root says is not to be changed by anybody else.
  const keeper = users && name !== "berth-root" ? as(users.account) : [];
  // It reads on while the disk is full, within bounds, so that nobody ever waits for it.
  const bounded = ["s6-softlimit", "-d", "8000000", "s6-log", "n10", "s1000000", "T", logDir];
  const log = renderExecline([[...keeper, ...bounded]], { args: "-P" });
  const script = renderExecline([[execlineTool("fdmove"), "-c", "2", "1"], ...run], { args: "-P" });
  await writeAtomic(join(service, "run"), script, 0o700);
  await writeAtomic(join(service, "log", "run"), log, 0o700);
  // Of a home that was copied from elsewhere it leads there.
  const link = join(layout.scan, name);
  await unlink(link).catch(nullIfMissing);
  await symlink(service, link);
}

async function ensureHostKey(layout: HomeLayout): Promise<void> {
  const key = join(layout.ssh, "host_ed25519");
  if (await exists(key)) return;
  await ensureDirectory(layout.ssh, 0o700);
  await exec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "berth", "-f", key]);
}

/** For TLS connections to names that have no certificate: it says plainly that it is not one to trust. */
async function ensureCertificate(layout: HomeLayout): Promise<void> {
  const { certificate, key } = fallbackPair(layout);
  if ((await exists(certificate)) && (await exists(key))) return;
  await ensureDirectory(layout.certificates, 0o700);
  const subject = ["-subj", "/CN=self-signed by Berth", "-days", "3650"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await exec(
    ["openssl", "req", "-x509", ...curve, ...subject, "-keyout", key, "-out", certificate],
    { env: bareEnv },
  );
  // The folder is closed to all but the router.
  await chmod(key, 0o644);
}

export function fallbackPair(layout: HomeLayout): { certificate: string; key: string } {
  return {
    certificate: join(layout.certificates, "self-signed.crt"),
    key: join(layout.certificates, "self-signed.key"),
  };
}
