import { enableCompileCache } from "node:module";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import type { Lifecycle } from "#cli/lifecycle.ts";
import { checkout, ownVersion } from "#lib/checkout.ts";

const { env, stdin, stdout, stderr } = process;

/** Loaded only by the commands that need it, which are few. */
const load = async (): Promise<Lifecycle> => (await import("./lifecycle.ts")).lifecycle;

// Saves a third of the time to start; whoever may not write there goes without.
enableCompileCache(join(checkout, ".cache", "compile"));
const { runCli } = await import("#cli/run-cli.ts");

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  home: env["BERTH_HOME"] || usualHome(),
  actor: personName(),
  stdin,
  stdout,
  stderr,
  tty: stdout.isTTY ?? false,
  colour: !env["NO_COLOR"],
  terminal: env["TERM"] ?? "dumb",
  directory: process.cwd(),
  local: true,
  lifecycle: {
    start: async (...given) => (await load()).start(...given),
    up: async (...given) => (await load()).up(...given),
    down: async (...given) => (await load()).down(...given),
    install: async (...given) => (await load()).install(...given),
    uninstall: async (...given) => (await load()).uninstall(...given),
    backup: async (...given) => (await load()).backup(...given),
    restore: async (...given) => (await load()).restore(...given),
    doctor: async (...given) => (await load()).doctor(...given),
  },
  version: ownVersion(),
});

/** In many containers a uid has no name. */
function personName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

function usualHome(): string {
  return process.getuid?.() === 0 ? "/var/lib/berth" : join(homedir(), ".local", "share", "berth");
}
