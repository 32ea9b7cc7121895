import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { bareEnv, exec } from "#lib/exec.ts";
import { renderExecline, type ExeclineWord } from "#lib/execline.ts";
import { ensureDirectory, exists, writeAtomic } from "#lib/files.ts";
import type { HomeLayout } from "./layout.ts";

export type TreeOptions = {
  readonly layout: HomeLayout;
  /** The runtime and the code that the account can read. */
  readonly node: string;
  readonly code: string;
  readonly nginxConf: string;
  readonly sshdConf: string;
};

/**
 * Writes everything that s6 needs to run the platform: a service folder each for berthd, nginx and
 * sshd, their configuration, and the programs that sshd and git start. Repeatable; what runs takes
 * it up when it is started again.
 */
export async function writeTree(options: TreeOptions): Promise<void> {
  const { layout } = options;
  for (const folder of [
    layout.scan,
    layout.platformServices,
    layout.hooks,
    join(layout.nginx, "temp"),
  ]) {
    await ensureDirectory(folder, 0o700);
  }
  await ensureHostKey(layout);
  await ensureCertificate(layout);
  await writeAtomic(layout.nginxConf, options.nginxConf, 0o600);
  await writeAtomic(layout.sshdConf, options.sshdConf, 0o600);
  if (!(await exists(layout.authorizedKeys))) await writeAtomic(layout.authorizedKeys, "", 0o600);
  await writePrograms(options);
}

/** A hook is started under the limits of git, which Node could not work under. */
const ownLimits = ["s6-softlimit", "-a", "=", "-t", "="];

async function writePrograms({ layout, node, code }: TreeOptions): Promise<void> {
  const ours = (program: string): ExeclineWord[] => [
    node,
    join(code, "src/bin", program),
    layout.home,
  ];
  const cached: ExeclineWord[] = ["export", "NODE_COMPILE_CACHE", layout.compileCache];
  await writeAtomic(
    layout.sshShell,
    renderExecline([cached, [...ours("ssh-shell.ts"), given]], { args: "-S0" }),
    0o700,
  );
  await writeAtomic(
    join(layout.hooks, "proc-receive"),
    renderExecline([cached, [...ownLimits, ...ours("git-hook.ts")]], { args: "-P" }),
    0o700,
  );
  const [, ...berthd] = ours("berthd.ts");
  await writeService(layout, "berthd", [
    cached,
    oneArena,
    [...dieWithParent, node, ...smallHeap, ...berthd],
  ]);
  const nginx = ["/usr/sbin/nginx", "-c", layout.nginxConf, "-p", layout.nginx, "-e", "stderr"];
  await writeService(layout, "nginx", [
    // A killed nginx leaves its socket, on which the next one could not listen.
    ["foreground", ["rm", "-f", layout.nginxSocket]],
    [...ownProcesses, ...nginx],
  ]);
  await writeService(layout, "sshd", [
    [...dieWithParent, "/usr/sbin/sshd", "-D", "-e", "-f", layout.sshdConf],
  ]);
}

/** The words that the script itself was given. */
const given = { substituted: "$@" } as const;

/**
 * berthd waits nearly all the time, so memory counts more than speed: short-lived objects are
 * collected sooner (MB for each half), the heap grows slowly, and malloc keeps one arena. After 60
 * deploys it is 25 MB less, at the same time for a deploy (measured).
 */
const smallHeap = ["--max-semi-space-size=2", "--optimize-for-size"];
const oneArena: ExeclineWord[] = ["export", "MALLOC_ARENA_MAX", "1"];

/** When its supervisor is killed, the program must go too: the next supervisor starts another. */
const dieWithParent = ["setpriv", "--pdeathsig", "KILL", "--"];

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
  layout: HomeLayout,
  name: string,
  run: readonly (readonly ExeclineWord[])[],
): Promise<void> {
  const service = join(layout.platformServices, name);
  const logDir = join(layout.logs, name);
  await ensureDirectory(join(service, "log"), 0o700);
  await ensureDirectory(logDir, 0o700);
  // It reads on while the disk is full, within bounds, so that nobody ever waits for it.
  const log = [["s6-softlimit", "-d", "8000000", "s6-log", "n10", "s1000000", "T", logDir]];
  await writeAtomic(
    join(service, "run"),
    renderExecline([["fdmove", "-c", "2", "1"], ...run], { args: "-P" }),
    0o700,
  );
  await writeAtomic(join(service, "log", "run"), renderExecline(log, { args: "-P" }), 0o700);
  await symlink(service, join(layout.scan, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
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
}

export function fallbackPair(layout: HomeLayout): { certificate: string; key: string } {
  return {
    certificate: join(layout.certificates, "self-signed.crt"),
    key: join(layout.certificates, "self-signed.key"),
  };
}
