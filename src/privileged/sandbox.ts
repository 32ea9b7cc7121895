import assert from "node:assert/strict";
import { lstatSync, readFileSync, readlinkSync } from "node:fs";

import type { Ids } from "./realm.ts";
import { seccompProgram } from "./seccomp.ts";
import { userCommand } from "./user-command.ts";

/** What a sandbox shows to the program in it, beyond the machine's read-only system. */
export type Sandbox = {
  /** Who the program is. */
  readonly user: Ids;
  /** Shown at /app. */
  readonly dir: string;
  readonly writable: boolean;
  /** Shown at /cache. */
  readonly cacheDir: string | null;
  /** Holds `tmp` and `home`, shown at /tmp and /home/app; memory when null. */
  readonly scratchDir: string | null;
  /** How much of either, when it is memory. */
  readonly scratchBytes: number;
  readonly env: Readonly<Record<string, string>>;
  /** It has a terminal that nobody else uses, and controls it. */
  readonly ownsTerminal: boolean;
};

/** The Node and npm that every sandbox has, whatever the machine has. */
export type SandboxTools = { readonly node: string; readonly npm: string };

/**
 * Files of /etc that programs look at; nothing that holds a secret. Each costs a tenth of a
 * millisecond at every start, so what only tools of the administrator read is left out.
 */
const etcFiles = [
  "alternatives",
  "fonts",
  "gai.conf",
  "hosts",
  "ld.so.cache",
  "localtime",
  "mime.types",
  "nsswitch.conf",
  "os-release",
  "protocols",
  "resolv.conf",
  "services",
  "ssl/certs",
  "ssl/openssl.cnf",
  "timezone",
];

/** In the order in which the system's own login finds programs, ours first. */
const path = "/app/node_modules/.bin:/opt/node/bin:/usr/local/bin:/usr/bin:/bin";

/** Something that bwrap reads from a file descriptor, 3 and on, while it makes the sandbox. */
export type SandboxInput = {
  readonly descriptor: number;
  readonly text: string | Uint8Array;
};

/** Starts a command line, behind the words of `inside`, as `renderSandbox` describes. @see bwrap(1) */
export function sandboxArgv(command: string, inside: readonly string[]): [string, ...string[]] {
  return ["bwrap", "--args", "3", "--", ...inside, ...userCommand(command)];
}

/**
 * What bwrap reads. Its arguments are among it, so that no value of the environment is seen in a
 * list of processes.
 */
export function renderSandbox(sandbox: Sandbox, tools: SandboxTools): SandboxInput[] {
  const { uid, gid } = sandbox.user;
  const args = argumentsOf(sandbox, tools);
  for (const arg of args) assert(!arg.includes("\0"), "an argument of the sandbox holds a NUL");
  const filter = seccompProgram();
  return [
    { descriptor: 3, text: args.map((arg) => `${arg}\0`).join("") },
    { descriptor: 4, text: `root:x:0:\napp:x:${gid}:\nnogroup:x:65534:\n` },
    { descriptor: 5, text: accountsFor(uid, gid) },
    ...(filter ? [{ descriptor: 6, text: filter }] : []),
  ];
}

function argumentsOf(sandbox: Sandbox, tools: SandboxTools): string[] {
  return [
    "--unshare-all",
    "--share-net",
    "--unshare-user",
    ...(canForbidNamespaces() ? ["--disable-userns"] : []),
    "--cap-drop",
    "ALL",
    "--die-with-parent",
    ...(seccompProgram() === null ? [] : ["--seccomp", "6"]),
    ...(sandbox.ownsTerminal ? [] : ["--new-session"]),
    "--ro-bind",
    "/usr",
    "/usr",
    ...["bin", "sbin", "lib", "lib32", "lib64"].flatMap(systemFolder),
    ...etcFiles.flatMap((name) => etcFile(`/etc/${name}`)),
    ...readable(4, "/etc/group"),
    ...readable(5, "/etc/passwd"),
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--ro-bind",
    tools.node,
    "/opt/node/bin/node",
    "--ro-bind",
    tools.npm,
    "/opt/node/lib/node_modules/npm",
    "--symlink",
    "../lib/node_modules/npm/bin/npm-cli.js",
    "/opt/node/bin/npm",
    "--symlink",
    "../lib/node_modules/npm/bin/npx-cli.js",
    "/opt/node/bin/npx",
    ...scratch(sandbox, "tmp", "/tmp"),
    ...scratch(sandbox, "home", "/home/app"),
    ...(sandbox.cacheDir === null ? [] : ["--bind", sandbox.cacheDir, "/cache"]),
    sandbox.writable ? "--bind" : "--ro-bind",
    sandbox.dir,
    "/app",
    "--remount-ro",
    "/",
    "--chdir",
    "/app",
    "--clearenv",
    ...Object.entries(environment(sandbox)).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
}

/**
 * Whether bwrap can forbid user namespaces inside of this one, with which most ways out of a sandbox
 * begin. Containers often have /proc/sys read-only; there the filter of system calls does it alone.
 */
function canForbidNamespaces(): boolean {
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  return !/^\S+ \/proc(?:\/sys)? \S+ ro,/m.test(mounts);
}

function readable(descriptor: number, shownAt: string): string[] {
  return ["--perms", "0444", "--file", String(descriptor), shownAt];
}

/** The app sees itself by name, and nothing of the machine's accounts. @see passwd(5) */
function accountsFor(uid: number, gid: number): string {
  const accounts = [
    "root:x:0:0:root:/root:/usr/sbin/nologin",
    `app:x:${uid}:${gid}:app:/home/app:/bin/sh`,
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
  ];
  return accounts.map((line) => `${line}\n`).join("");
}

function environment(sandbox: Sandbox): Record<string, string> {
  const cache =
    sandbox.cacheDir === null ? {} : { npm_config_cache: "/cache/npm", XDG_CACHE_HOME: "/cache" };
  return {
    PATH: path,
    HOME: "/home/app",
    LANG: "C.UTF-8",
    USER: "app",
    LOGNAME: "app",
    ...cache,
    ...sandbox.env,
  };
}

/** /bin and its like are links into /usr on today's systems, and folders on older ones. */
function systemFolder(name: string): string[] {
  const stats = lstatSync(`/${name}`, { throwIfNoEntry: false });
  if (!stats) return [];
  return stats.isSymbolicLink()
    ? ["--symlink", `usr/${name}`, `/${name}`]
    : ["--ro-bind", `/${name}`, `/${name}`];
}

/** A link into /usr stays one; what it leads to is there. */
function etcFile(file: string): string[] {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (!stats) return [];
  const target = stats.isSymbolicLink() ? readlinkSync(file) : "";
  return /^(?:\.\.)?\/usr\//.test(target)
    ? ["--symlink", target, file]
    : ["--ro-bind-try", file, file];
}

function scratch({ scratchDir, scratchBytes }: Sandbox, name: string, shownAt: string): string[] {
  if (scratchDir !== null) return ["--bind", `${scratchDir}/${name}`, shownAt];
  return ["--perms", "0700", "--size", String(scratchBytes), "--tmpfs", shownAt];
}
