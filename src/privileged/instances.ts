import { mkdir, rename, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import type { SupervisedInstance } from "#domain/privileges.ts";
import { exec, ExecError } from "#lib/exec.ts";
import { renderExecline } from "#lib/execline.ts";
import { ensureDirectory, exists, nullIfMissing, removeTree, writeAtomic } from "#lib/files.ts";
import type { SupervisionLayout } from "./layout.ts";
import { terminateInside } from "./processes.ts";
import { renderSandbox, sandboxArgsText, type SandboxTools } from "./sandbox.ts";
import { statusOf } from "./status.ts";
import { userCommand } from "./user-command.ts";

const stuckAfterMs = 5000;

/**
 * Writes the instance's service folder beside the watched one, links it in, and has s6-svscan look.
 * A crash in the middle leaves a folder without a link, which the next start of the same instance
 * replaces.
 */
export async function startInstance(
  layout: SupervisionLayout,
  tools: SandboxTools,
  instance: SupervisedInstance,
): Promise<void> {
  const service = layout.service(instance.id);
  if (!(await exists(layout.link(instance.id)))) {
    await writeService(layout, tools, instance);
    await symlink(service, layout.link(instance.id)).catch(ignoreExisting);
  }
  await rescan(layout);
  await untilSupervised(service);
}

/** s6-svscan starts the supervisor on its own time. */
async function untilSupervised(service: string): Promise<void> {
  for (let waitMs = 1; waitMs < 3000; waitMs *= 1.5) {
    if ((await statusOf(service)) !== null) return;
    await sleep(waitMs);
  }
  throw new PlatformError("command_failed", {
    command: "s6-svscan",
    problem: "it does not supervise a new instance",
  });
}

/** Stops an instance and removes what it had. @throws {PlatformError} `instance_stuck` */
export async function stopInstance(
  layout: SupervisionLayout,
  id: number,
  graceMs: number,
): Promise<void> {
  const service = layout.service(id);
  if (await exists(join(service, "supervise"))) await end(service, id, graceMs);
  await unlink(layout.link(id)).catch(nullIfMissing);
  await exec(["s6-svc", "-xd", service]).catch(ignoreNotSupervised);
  await endLogger(join(service, "log"));
  // Without an s6-svscan there is nothing to tell.
  await rescan(layout).catch(ignoreNotSupervised);
  for (const path of [service, partialOf(service), layout.scratch(id)]) await removeTree(path);
  await unlink(layout.exit(id)).catch(nullIfMissing);
}

/** A logger that cannot write what it still holds, as on a full disk, does not end by itself. */
async function endLogger(log: string): Promise<void> {
  await exec(["s6-svc", "-xd", log]).catch(ignoreNotSupervised);
  for (let waitMs = 2; waitMs < 1000; waitMs *= 2) {
    if ((await statusOf(log)) === null) return;
    await sleep(waitMs);
  }
  await exec(["s6-svc", "-xdk", log]).catch(ignoreNotSupervised);
}

/** Lets an instance run again that ended too often in a row. */
export async function reviveInstance(layout: SupervisionLayout, id: number): Promise<void> {
  await exec(["s6-svc", "-u", layout.service(id)]).catch(ignoreNotSupervised);
}

async function end(service: string, id: number, graceMs: number): Promise<void> {
  await exec(["s6-svc", "-O", service]).catch(ignoreNotSupervised);
  const status = await statusOf(service);
  if (status === null || status.pid === null) {
    await exec(["s6-svc", "-d", service]).catch(ignoreNotSupervised);
    return;
  }
  if ((await terminateInside(status.pid)) && (await isDownWithin(service, graceMs))) return;
  // Killing the outer process takes the whole process namespace down with it.
  await exec(["s6-svc", "-dk", service]).catch(ignoreNotSupervised);
  if (!(await isDownWithin(service, stuckAfterMs))) {
    throw new PlatformError("instance_stuck", {
      instance: `Instance ${id}`,
      seconds: stuckAfterMs / 1000,
    });
  }
}

async function isDownWithin(service: string, ms: number): Promise<boolean> {
  try {
    await exec(["s6-svwait", "-d", "-t", String(Math.ceil(ms)), service], { timeoutMs: ms + 5000 });
    return true;
  } catch (error) {
    if (error instanceof ExecError && error.code === 1) return (await statusOf(service)) === null;
    if (error instanceof ExecError && error.code === 99) return false;
    throw error;
  }
}

async function writeService(
  layout: SupervisionLayout,
  tools: SandboxTools,
  instance: SupervisedInstance,
): Promise<void> {
  const service = layout.service(instance.id);
  const partial = partialOf(service);
  const scratchDir = layout.scratch(instance.id);
  await removeTree(partial);
  await removeTree(service);
  await ensureDirectory(instance.logDir, 0o700);
  for (const name of ["tmp", "home"]) await ensureDirectory(join(scratchDir, name), 0o700);
  await mkdir(join(partial, "log"), { recursive: true, mode: 0o700 });
  const sandbox = {
    dir: instance.artifactDir,
    writable: false,
    cacheDir: null,
    scratchDir,
    keepsTerminal: false,
  };
  const args = renderSandbox({ ...sandbox, env: instance.env }, tools);
  await writeAtomic(join(partial, "sandbox.args"), sandboxArgsText(args), 0o600);
  await writeAtomic(join(partial, "run"), renderRun(instance.command), 0o700);
  await writeAtomic(join(partial, "finish"), renderFinish(layout.exit(instance.id)), 0o700);
  await writeAtomic(join(partial, "log", "run"), renderLog(instance.logDir), 0o700);
  await rename(partial, service);
}

/** Where a service folder grows; a full disk may leave one of an instance that never was started. */
function partialOf(service: string): string {
  return `${service}.partial`;
}

function renderRun(command: string): string {
  return renderExecline(
    [
      ["fdmove", "-c", "2", "1"],
      ["redirfd", "-r", "9", "sandbox.args"],
      ["bwrap", "--args", "9", "--", ...userCommand(command)],
    ],
    { args: "-P" },
  );
}

/**
 * Notes how it ended, and gives up after five ends within a minute, so that a crashing app never
 * spins even while berthd is away.
 * @see s6-supervise(8), s6-permafailon(8)
 */
function renderFinish(exitFile: string): string {
  const note = [
    "redirfd",
    "-w",
    "1",
    exitFile,
    "echo",
    { substituted: "${1}" },
    { substituted: "${2}" },
  ];
  return renderExecline(
    [
      ["foreground", note],
      ["s6-permafailon", "60", "5", "0-255,SIGKILL,SIGTERM,SIGSEGV,SIGABRT,SIGBUS", "exit", "0"],
    ],
    { args: "-S2" },
  );
}

/**
 * The logger reads on while it cannot write, so that no app ever waits for a full disk. What it
 * holds back is bounded: beyond that it ends, and the next one begins with an empty hand.
 */
function renderLog(logDir: string): string {
  const bounded = ["s6-softlimit", "-d", "8000000"];
  const rotation = ["n10", "s1000000"];
  return renderExecline([[...bounded, "s6-log", "-l", "65536", ...rotation, "T", logDir]], {
    args: "-P",
  });
}

async function rescan(layout: SupervisionLayout): Promise<void> {
  await exec(["s6-svscanctl", "-an", layout.scan]);
}

/** s6-svc exits with 100 when nothing supervises that folder. */
function ignoreNotSupervised(error: unknown): void {
  if (!(error instanceof ExecError && (error.code === 100 || error.code === 111))) throw error;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
