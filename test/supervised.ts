import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { instanceLimits } from "#domain/limits.ts";
import type { InstanceProgram } from "#domain/privileges.ts";
import { parseFailure, sessionFrames, type Outcome } from "#domain/runner.ts";
import { createLocalExecutor } from "#drivers/executors/local.ts";
import { createSandboxRunner } from "#drivers/runners/sandbox.ts";
import { encodeFrame, framesOf } from "#lib/frames.ts";
import { readIfThere } from "#lib/files.ts";
import { superviseFolder, temporaryFolder } from "./machine.ts";
import { startPrivileges } from "./privileges.ts";

/** Of this run of the tests alone, as others may run beside it. */
export const sleep = `sleep 980.${process.pid}`;
export const sleeping = sleep.replace(" ", "\0");

/** A home whose instances and commands really run, supervised by s6. */
export async function startWorld(files: Readonly<Record<string, string>> = { file: "content" }) {
  const folder = await temporaryFolder();
  const home = folder.path;
  const world = await startPrivileges(home);
  await world.artifact(1, files);
  const { privileges, layout } = world;
  const supervision = await superviseFolder(layout.scan);
  const executor = createLocalExecutor(privileges, {
    logs: join(home, "logs"),
    exits: layout.exits,
  });
  const runner = createSandboxRunner(privileges);
  const logName = (id: number) => `1/${id}-web.1`;
  return {
    ...world,
    home,
    executor,
    runner,
    start: async (id: number, command: string) => {
      await world.logFolder(logName(id));
      const instance: InstanceProgram = {
        id,
        user: 1,
        command,
        artifactId: 1,
        env: { GREETING: "a 'b\" $c" },
        limits: instanceLimits,
        network: "open",
        port: null,
        logName: logName(id),
      };
      await privileges.startInstance(instance);
    },
    log: async (id: number) => {
      const file = join(layout.log(logName(id)), "current");
      return (await readIfThere(file)) ?? "";
    },
    /** A command in a terminal of 100 by 30. */
    talk: async (command: string) => {
      const app = { id: 1, userNumber: 1, network: "open" } as const;
      const limits = instanceLimits;
      const sandboxed = { app, artifactId: 1, building: false, command, env: {}, limits };
      const terminal = { columns: 100, rows: 30, kind: "xterm" };
      const never = new AbortController().signal;
      const options = { timeoutMs: 20_000, signal: never, onOutput: () => {} };
      const session = runner.open(sandboxed, { terminal, ...options });
      let shown = "";
      const outcome = (async () => {
        for await (const { type, payload } of framesOf(session.bytes, 1_000_000)) {
          if (type === sessionFrames.output || type === sessionFrames.errorOutput)
            shown += payload.toString();
          if (type === sessionFrames.failure) throw parseFailure(payload.toString());
          if (type === sessionFrames.result) return JSON.parse(payload.toString()).value as Outcome;
        }
        return null;
      })();
      outcome.catch(() => {});
      return {
        outcome,
        text: () => shown,
        until: (pattern: RegExp) =>
          until(async () => pattern.test(shown), 10_000).catch((error: unknown) =>
            assert.fail(`${String(error)}: ${shown}`),
          ),
        send: (type: number, text: string) => void session.write(encodeFrame(type, text)),
        close: () => session.close(),
      };
    },
    /** Everything that a command in the release's sandbox printed. */
    run: async (command: string) => {
      const output: Uint8Array[] = [];
      const options = { signal: new AbortController().signal, timeoutMs: 5000 };
      const app = { id: 1, userNumber: 1, network: "open" } as const;
      const limits = instanceLimits;
      const sandboxed = { app, artifactId: 1, building: false, command, env: {}, limits };
      await runner.run(sandboxed, { ...options, onOutput: (chunk) => output.push(chunk) });
      return Buffer.concat(output).toString();
    },
    [Symbol.asyncDispose]: async () => {
      await supervision[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export async function until(isSo: () => Promise<boolean>, timeoutMs = 5000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, "it did not come about in time");
    await new Promise((wait) => setTimeout(wait, 20));
  }
}

export async function countProcesses(part: string): Promise<number> {
  return (await commandLines()).filter(([, line]) => line.includes(part)).length;
}

export async function commandLines(): Promise<[pid: number, line: string][]> {
  const pids = (await readdir("/proc")).map(Number).filter(Number.isInteger);
  const read = (pid: number) => readIfThere(`/proc/${pid}/cmdline`).catch(() => null);
  return Promise.all(pids.map(async (pid) => [pid, (await read(pid)) ?? ""]));
}
