import { join } from "node:path";
import { revealVars } from "#domain/config-var.ts";
import type { Executor, HealthAnswer, InstanceStart } from "#domain/executor.ts";
import type { ObservedInstance } from "#domain/instance.ts";
import type { Privileges, SupervisedInstance } from "#domain/privileges.ts";
import { ensureDirectory } from "#lib/files.ts";
import { busyPorts, listeningSockets } from "#lib/sockets.ts";
import { askPath, askPort } from "./ask.ts";
import { lastExitOf } from "./exits.ts";
import { ProcessUsage } from "./usage.ts";

/** Instances on this machine, supervised by s6, each in its sandbox, on loopback ports. */
export function createLocalExecutor(
  privileges: Privileges,
  { logs, exits }: { readonly logs: string; readonly exits: string },
): Executor {
  const observe = async (id: number) => withLastExit(exits, await privileges.observeInstance(id));
  const { usage, expect } = new ProcessUsage(observe, privileges.useOf);
  return {
    start: async ({ id, spec, userNumber, network, port, logName }) => {
      await ensureDirectory(join(logs, "instances", logName), 0o700);
      // Here, at the last step before the program, secrets are opened.
      const env = { ...revealVars(spec.env), ...(port === null ? {} : { PORT: String(port) }) };
      const { command, artifactId, limits } = spec;
      const app = { user: userNumber, network };
      const instance = { id, ...app, artifactId, command, env, limits, port, logName };
      await privileges.startInstance(instance);
      expect(id);
    },
    stop: async (id, graceMs) => {
      await privileges.stopInstance(id, graceMs);
    },
    limit: async (id, limits) => {
      await privileges.limitInstance(id, limits);
    },
    revive: async (id) => {
      await privileges.reviveInstance(id);
      expect(id);
    },
    list: async () => {
      const seen = await privileges.observeInstances();
      return Promise.all(seen.map((it) => withLastExit(exits, it)));
    },
    observe,
    usage,
    check: (asked) => check(privileges, asked),
    busyPorts,
    watch: (onExit) =>
      privileges.watchExits((id) => {
        expect(id);
        onExit(id);
      }),
  };
}

async function withLastExit(
  exits: string,
  { id, state, pid, sinceMs, givenUp }: SupervisedInstance,
): Promise<ObservedInstance> {
  return { id, state, pid, sinceMs, givenUp, lastExit: await lastExitOf(exits, id) };
}

async function check(
  privileges: Privileges,
  { id, port, spec: { health } }: InstanceStart,
): Promise<HealthAnswer> {
  if (port === null) return { healthy: true };
  const problem = health.path === null ? await askPort(port) : await askPath(port, health.path);
  if (problem === null) return { healthy: true };
  const listening = async () => {
    const [held, all] = [await privileges.listSockets(id), await listeningSockets()];
    const ports = new Set(held.flatMap((inode) => all.get(inode) ?? []));
    return [...ports].toSorted((a, b) => a - b);
  };
  return { healthy: false, problem, listening };
}
