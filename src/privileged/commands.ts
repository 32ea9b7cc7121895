import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import type { OpenCommand } from "#domain/privileges.ts";
import type { Outcome, RunOptions } from "#domain/runner.ts";
import { ended, start } from "#lib/exec.ts";
import { ensureDirectory, removeTree } from "#lib/files.ts";
import { exitOf } from "./exits.ts";
import { renderSandbox, sandboxArgsText, type Sandbox, type SandboxTools } from "./sandbox.ts";
import { userCommand } from "./user-command.ts";

/**
 * Runs one command line in the sandbox to its end. When the caller's process dies, so does
 * everything that the command started.
 */
export async function runCommand(
  scratchRoot: string,
  tools: SandboxTools,
  command: OpenCommand,
  options: RunOptions,
): Promise<Outcome> {
  const scratchDir = join(scratchRoot, randomUUID());
  try {
    for (const name of ["tmp", "home"]) await ensureDirectory(join(scratchDir, name), 0o700);
    return await runIn(
      { ...command, scratchDir, keepsTerminal: false },
      tools,
      command.command,
      options,
    );
  } finally {
    await removeTree(scratchDir);
  }
}

/** What a client in the same account starts itself, so that the command has the client's terminal. */
export function prepareCommand(
  tools: SandboxTools,
  command: OpenCommand,
): { argv: string[]; args: string } {
  const keepsTerminal = !terminalsTakeInput();
  const args = renderSandbox({ ...command, scratchDir: null, keepsTerminal }, tools);
  return { argv: argvOf(command.command), args: sandboxArgsText(args) };
}

async function runIn(
  sandbox: Sandbox,
  tools: SandboxTools,
  command: string,
  options: RunOptions,
): Promise<Outcome> {
  const timeout = AbortSignal.timeout(Math.min(options.timeoutMs, 2 ** 31 - 1));
  const child = start(argvOf(command), {
    stdio: [
      "ignore",
      "pipe",
      "pipe",
      "ignore",
      "ignore",
      "ignore",
      "ignore",
      "ignore",
      "ignore",
      "pipe",
    ],
    signal: AbortSignal.any([options.signal, timeout]),
  });
  child.stdout?.on("data", options.onOutput);
  child.stderr?.on("data", options.onOutput);
  // Node types the first five entries only.
  const args = (child.stdio as readonly unknown[])[9] as Writable;
  args.on("error", () => {});
  args.end(sandboxArgsText(renderSandbox(sandbox, tools)));
  const end = await ended(child);
  return { ...exitOf(end.code, end.signal), timedOut: timeout.aborted };
}

function argvOf(command: string): [string, ...string[]] {
  return ["/usr/bin/bwrap", "--args", "9", "--", ...userCommand(command)];
}

/**
 * Whether a program may type into its terminal, and so into the shell of whoever started it. Where
 * the kernel allows it, the program gets no terminal of its own: it can print and read, without job
 * control. @see ioctl_tty(2), TIOCSTI; CVE-2017-5226
 */
function terminalsTakeInput(): boolean {
  try {
    return readFileSync("/proc/sys/dev/tty/legacy_tiocsti", "utf8").trim() !== "0";
  } catch {
    return true; // before Linux 6.2 there is no such setting, and every terminal takes it
  }
}
