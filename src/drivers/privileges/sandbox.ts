import assert from "node:assert/strict";
import { lstatSync, readFileSync } from "node:fs";
import type { TerminalSize } from "#domain/runner.ts";
import type { Ids } from "#domain/realm.ts";
import { seccompProgram } from "#lib/seccomp.ts";
import type { SharedEtc } from "./shared-etc.ts";

/** What a sandbox shows to the program in it, beyond the machine's read-only system. */
export type Sandbox = {
  /** Who the program is. */
  readonly user: Ids;
  /** Shown at /app. */
  readonly dir: string;
  /**
   * Of a build, which may write to /app: shown at /cache, and a folder that holds `tmp` and `home`,
   * shown at /tmp and /home/app. For anything else these are memory.
   */
  readonly building: { readonly cache: string; readonly scratch: string } | null;
  readonly etc: SharedEtc;
  /** How much of either, when it is memory. */
  readonly scratchBytes: number;
  readonly env: Readonly<Record<string, string>>;
  /** One that nobody else uses; the program controls it. */
  readonly terminal: TerminalSize | null;
};

/** The Node and npm that every sandbox has, whatever the machine has. */
export type SandboxTools = { readonly node: string; readonly npm: string };

/** In the order in which the system's own login finds programs, ours first. */
const path = "/app/node_modules/.bin:/opt/node/bin:/usr/local/bin:/usr/bin:/bin";

/** Starts what `inside` says, as `renderSandbox` describes. @see bwrap(1) */
export function sandboxArgv(inside: readonly string[]): [string, ...string[]] {
  return ["bwrap", "--args", "3", "--", ...inside];
}

/**
 * What bwrap reads from the descriptors 3 and on. Its arguments are among it, so that no value of the
 * environment is seen in a list of processes.
 */
export function renderSandbox(sandbox: Sandbox, tools: SandboxTools): (string | Uint8Array)[] {
  const { uid, gid } = sandbox.user;
  const args = argumentsOf(sandbox, tools);
  for (const arg of args) assert(!arg.includes("\0"), "an argument of the sandbox holds a NUL");
  const groups = `root:x:0:\napp:x:${gid}:\nnogroup:x:65534:\n`;
  const filter = seccompProgram();
  const inputs = [args.map((arg) => `${arg}\0`).join(""), groups, accountsFor(uid, gid)];
  return filter ? [...inputs, filter] : inputs;
}

function argumentsOf(sandbox: Sandbox, tools: SandboxTools): string[] {
  const { building, terminal } = sandbox;
  return [
    ...words("--unshare-all --share-net --unshare-user --cap-drop ALL --die-with-parent"),
    ...(canForbidNamespaces() ? ["--disable-userns"] : []),
    ...(seccompProgram() === null ? [] : ["--seccomp", "6"]),
    ...(terminal ? [] : ["--new-session"]),
    ...bind("/usr"),
    ...["bin", "sbin", "lib", "lib32", "lib64"].flatMap(systemFolder),
    ...sandbox.etc.shown(),
    ...words("--perms 0444 --file 4 /run/group --perms 0444 --file 5 /run/passwd"),
    ...words("--proc /proc --dev /dev"),
    ...bind(tools.node, "/opt/node/bin/node"),
    ...bind(tools.npm, "/opt/node/lib/node_modules/npm"),
    ...words("--symlink ../lib/node_modules/npm/bin/npm-cli.js /opt/node/bin/npm"),
    ...words("--symlink ../lib/node_modules/npm/bin/npx-cli.js /opt/node/bin/npx"),
    ...scratch(sandbox, "tmp", "/tmp"),
    ...scratch(sandbox, "home", "/home/app"),
    ...(building ? bind(building.cache, "/cache", "--bind") : []),
    ...bind(sandbox.dir, "/app", building ? "--bind" : "--ro-bind"),
    ...words("--remount-ro / --chdir /app --clearenv"),
    ...Object.entries(environment(sandbox)).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
}

function bind(from: string, shownAt = from, how = "--ro-bind"): string[] {
  return [how, from, shownAt];
}

function words(text: string): string[] {
  return text.split(" ");
}

/**
 * Whether bwrap can forbid user namespaces inside of this one, with which most ways out of a sandbox
 * begin. Containers often have /proc/sys read-only; there the filter of system calls does it alone.
 */
function canForbidNamespaces(): boolean {
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  return !/^\S+ \/proc(?:\/sys)? \S+ ro,/m.test(mounts);
}

/** The app sees itself by name, and nothing of the machine's accounts. @see passwd(5) */
function accountsFor(uid: number, gid: number): string {
  return `root:x:0:0:root:/root:/usr/sbin/nologin
app:x:${uid}:${gid}:app:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;
}

function environment({ building, env }: Sandbox): Record<string, string> {
  return {
    PATH: path,
    HOME: "/home/app",
    LANG: "C.UTF-8",
    USER: "app",
    LOGNAME: "app",
    ...(building ? { npm_config_cache: "/cache/npm", XDG_CACHE_HOME: "/cache" } : {}),
    ...env,
  };
}

/** /bin and its like are links into /usr on today's systems, and folders on older ones. */
function systemFolder(name: string): string[] {
  const stats = lstatSync(`/${name}`, { throwIfNoEntry: false });
  if (!stats) return [];
  return stats.isSymbolicLink() ? ["--symlink", `usr/${name}`, `/${name}`] : bind(`/${name}`);
}

function scratch({ building, scratchBytes }: Sandbox, name: string, shownAt: string): string[] {
  return building
    ? bind(`${building.scratch}/${name}`, shownAt, "--bind")
    : ["--perms", "0700", "--size", String(scratchBytes), "--tmpfs", shownAt];
}
