import assert from "node:assert/strict";
import { join } from "node:path";
import { bareEnv, ended, exec, start } from "#lib/exec.ts";
import { until } from "./platform.ts";
import { runProgram, type Ran } from "./programs.ts";
import { overlayOfMachine } from "./overlay.ts";

/** Where the machine sees this checkout, whatever it has mounted on /tmp. */
export const checkoutInside = "/root/berth";

const checkout = join(import.meta.dirname, "..");

/** A machine with systemd as its first process, which sees the files of this one and changes none. */
export type BootedMachine = AsyncDisposable & {
  /** Runs a program in it, as its root. */
  readonly run: (...argv: [string, ...string[]]) => Promise<Ran>;
  /** The words that `run` begins with. */
  readonly inside: readonly [string, ...string[]];
};

/**
 * Boots a real systemd in a container whose root is this machine's, with all changes in memory, and
 * whose network is a loopback of its own. Gone, with every process in it, at the end of the scope.
 * @see systemd-nspawn(1)
 */
export async function bootMachine(): Promise<BootedMachine> {
  await using cleanup = new AsyncDisposableStack();
  const { root } = cleanup.use(await overlayOfMachine());
  const options = [
    "--quiet",
    "--register=no",
    "--keep-unit",
    "--private-network",
    `--bind-ro=${checkout}:${checkoutInside}`,
  ];
  const child = start(
    ["systemd-nspawn", ...options, "--link-journal=no", "--console=pipe", "-D", root, "--boot"],
    { stdio: "ignore", env: bareEnv },
  );
  const end = ended(child);
  cleanup.defer(async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await end;
    clearTimeout(timer);
  });
  const first = await untilBooted(child.pid ?? 0);
  const kept = cleanup.move();
  const inside = ["nsenter", "-t", String(first), "-a", "--"] as const;
  return {
    inside,
    run: (...argv) => runProgram([...inside, ...argv]),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The process that is number one inside, once its services are up. */
async function untilBooted(container: number): Promise<number> {
  let first = 0;
  const isUp = async () => {
    const children = await exec(["pgrep", "-P", String(container)]).catch(() => "");
    first = Number(children.trim().split("\n")[0]);
    if (!(first > 1)) return false;
    const asked = ["nsenter", "-t", String(first), "-a", "--", "systemctl", "is-system-running"];
    const { stdout } = await runProgram(asked as [string, ...string[]]);
    return /^(?:running|degraded)/.test(stdout);
  };
  await until(isUp, "systemd has booted", 60_000);
  assert.ok(first > 1);
  return first;
}
