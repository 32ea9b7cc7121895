import { mkdirSync, watch } from "node:fs";
import { join } from "node:path";
import type { ObservedInstance } from "#domain/instance.ts";
import type { Privileges } from "#domain/privileges.ts";
import { namesIn, readIfThere } from "#lib/files.ts";
import { prepareCommand, runCommand } from "./commands.ts";
import { parseExit } from "./exits.ts";
import { reviveInstance, startInstance, stopInstance } from "./instances.ts";
import { instanceIdOf, supervisionLayout, type SupervisionLayout } from "./layout.ts";
import { listeningPortsOf } from "./processes.ts";
import type { SandboxTools } from "./sandbox.ts";
import { statusOf } from "./status.ts";

/** The verbs, done in this process, under the account that it has. */
export function createPrivileges(home: string, tools: SandboxTools): Privileges {
  const layout = supervisionLayout(home);
  for (const folder of [layout.scan, layout.services, layout.exits]) {
    mkdirSync(folder, { recursive: true });
  }
  return {
    startInstance: (instance) => startInstance(layout, tools, instance),
    stopInstance: (id, graceMs) => stopInstance(layout, id, graceMs),
    reviveInstance: (id) => reviveInstance(layout, id),
    listInstances: async () => {
      const ids = (await namesIn(layout.services)).flatMap((name) => instanceIdOf(name) ?? []);
      return Promise.all(ids.map((id) => observe(layout, id)));
    },
    observeInstance: (id) => observe(layout, id),
    listeningPorts: async (id) => {
      const status = await statusOf(layout.service(id));
      return status?.pid ? listeningPortsOf(status.pid) : [];
    },
    watchExits: (onExit) => watchExits(layout, onExit),
    runCommand: (command, options) =>
      runCommand(join(home, "data", "scratch"), tools, command, options),
    prepareCommand: (command) => prepareCommand(tools, command),
  };
}

async function observe(layout: SupervisionLayout, id: number): Promise<ObservedInstance> {
  const [status, exitText] = await Promise.all([
    statusOf(layout.service(id)),
    readIfThere(layout.exit(id)),
  ]);
  return {
    id,
    state: status === null ? "gone" : status.up ? "running" : "waiting",
    pid: status?.pid ?? null,
    sinceMs: status?.sinceMs ?? 0,
    lastExit: parseExit(exitText ?? ""),
    givenUp: status !== null && !status.up && !status.wantedUp,
  };
}

function watchExits(layout: SupervisionLayout, onExit: (id: number) => void): AsyncDisposable {
  const watcher = watch(layout.exits, (_, name) => {
    const id = instanceIdOf(name ?? "");
    if (id !== null) onExit(id);
  });
  return { [Symbol.asyncDispose]: async () => watcher.close() };
}
