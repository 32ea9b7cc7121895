import { targetOf } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import { limitsOf } from "#domain/limit-choices.ts";
import { emit, type EngineContext } from "./context.ts";
import type { PreparedRun } from "./engine.ts";
import { environmentOf } from "./plan/wanted.ts";
import { currentRelease, branchAt } from "./targets.ts";

/** A one-off command in the current release's sandbox and environment. */
export function prepareRun(
  context: EngineContext,
  { target, command, actor }: { target: string; command: string; actor: string },
): PreparedRun {
  const { store, runner, workspace } = context;
  const branch = branchAt(store, target);
  const release = currentRelease(store, branch);
  const dir = workspace.artifactDir(release.artifactId);
  const prepared = runner.prepare({
    command,
    dir,
    writable: false,
    cacheDir: null,
    env: environmentOf(release),
    limits: limitsOf(release.config.limits, null),
  });
  emit(context, "run.started", { branch, actor, message: `Running ${command.slice(0, 200)}` });
  return prepared;
}

/** @throws {PlatformError} `command_not_found`, before any of them is prepared. */
export function prepareCustomCommands(
  context: EngineContext,
  { target, names, actor }: { target: string; names: readonly string[]; actor: string },
): PreparedRun[] {
  const branch = branchAt(context.store, target);
  const known = branch.config.customCommands;
  const commands = names.map((name) => {
    const command = Object.hasOwn(known, name) ? known[name] : undefined;
    if (command !== undefined) return command;
    const all = Object.keys(known).join(", ") || "none";
    throw new PlatformError("command_not_found", {
      target: targetOf(branch),
      command: name,
      commands: all,
    });
  });
  return commands.map((command) => prepareRun(context, { target, command, actor }));
}
