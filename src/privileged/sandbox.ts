import assert from "node:assert/strict";
import { lstatSync } from "node:fs";

/** What a sandbox shows to the program in it, beyond the machine's read-only system. */
export type Sandbox = {
  /** Shown at /app. */
  readonly dir: string;
  readonly writable: boolean;
  /** Shown at /cache. */
  readonly cacheDir: string | null;
  /** Holds `tmp` and `home`, shown at /tmp and /home/app; memory when null. */
  readonly scratchDir: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** Keeps the caller's terminal, for a one-off command that a person types into. */
  readonly keepsTerminal: boolean;
};

/** The Node and npm that every sandbox has, whatever the machine has. */
export type SandboxTools = { readonly node: string; readonly npm: string };

/** Files of /etc that programs look at; nothing that holds a secret. */
const etcFiles = [
  "alternatives",
  "ca-certificates",
  "ca-certificates.conf",
  "debian_version",
  "fonts",
  "gai.conf",
  "group",
  "host.conf",
  "hosts",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "magic",
  "mime.types",
  "nsswitch.conf",
  "os-release",
  "passwd",
  "profile",
  "protocols",
  "resolv.conf",
  "services",
  "ssl/certs",
  "ssl/openssl.cnf",
  "terminfo",
  "timezone",
];

/** In the order in which the system's own login finds programs, ours first. */
const path = "/app/node_modules/.bin:/opt/node/bin:/usr/local/bin:/usr/bin:/bin";

/**
 * Arguments of bwrap, to be given NUL-separated on a file descriptor, so that no value of the
 * environment is seen in a list of processes.
 * @see bwrap(1)
 */
export function renderSandbox(sandbox: Sandbox, tools: SandboxTools): string[] {
  const args = [
    "--unshare-all",
    "--share-net",
    "--die-with-parent",
    ...(sandbox.keepsTerminal ? [] : ["--new-session"]),
    "--ro-bind",
    "/usr",
    "/usr",
    ...["bin", "sbin", "lib", "lib32", "lib64"].flatMap(systemFolder),
    ...etcFiles.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]),
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
    ...scratch(sandbox.scratchDir, "tmp", "/tmp"),
    ...scratch(sandbox.scratchDir, "home", "/home/app"),
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
  for (const arg of args) assert(!arg.includes("\0"), "an argument of the sandbox holds a NUL");
  return args;
}

/** The arguments as bwrap reads them from a file descriptor. */
export function sandboxArgsText(args: readonly string[]): string {
  return args.map((arg) => `${arg}\0`).join("");
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

function scratch(scratchDir: string | null, name: string, shownAt: string): string[] {
  return scratchDir === null ? ["--tmpfs", shownAt] : ["--bind", `${scratchDir}/${name}`, shownAt];
}
