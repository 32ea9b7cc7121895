import { changeConfig, targetOf, type Branch } from "#domain/branch.ts";
import {
  isSameVar,
  ownVar,
  revealVars,
  withSecretNames,
  type ConfigVar,
  type ConfigVars,
} from "#domain/config-var.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Job } from "#domain/job.ts";
import { Secret } from "#domain/secret.ts";
import { change } from "./changes.ts";
import { emit, note, type EngineContext } from "./context.ts";
import type { JobQueue } from "./jobs.ts";
import { branchAt, refuseManaged } from "./targets.ts";

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;
const valueLengthMax = 32_768;
/** Linux starts no program with more than about twice as much. @see execve(2) */
const allLengthMax = 1024 ** 2;

/** Sets and unsets config vars; a branch that runs gets a release of them. */
export function setConfigVars(
  context: EngineContext,
  queue: JobQueue,
  asked: { target: string; changes: Record<string, ConfigVar | null>; actor: string },
): Job | null {
  const branch = branchAt(context.store, asked.target);
  refuseManaged(context.store, branch, `The config of ${targetOf(branch)}`);
  const upcoming = upcomingVars(context, branch);
  const asSecrets = withSecretNames(asked.changes, upcoming);
  const wanted = Object.entries(asSecrets).map(([name, value]): Change => {
    checkVar(name, value);
    const before = ownVar(branch.config.env, name);
    if (before === null && value === null) throw notFound(branch, name);
    return { name, before, value };
  });
  refuseTooMuch({ ...upcoming, ...asSecrets });
  const changed = wanted.filter(({ before, value }) => !isSameVar(before, value));
  if (changed.length === 0) return null;
  const description = describe(changed);
  emit(context, "config.changed", { branch, actor: asked.actor, message: `${description}.` });
  const env = Object.fromEntries(changed.map(({ name, value }) => [name, value]));
  return change(context, queue, { ...asked, changes: { env }, description });
}

/** The values in the clear. Who looked at which secret stands in the events. */
export function revealConfigVars(
  context: EngineContext,
  asked: { target: string; names: readonly string[] | null; actor: string },
): Record<string, string> {
  const branch = branchAt(context.store, asked.target);
  const names = asked.names ?? Object.keys(branch.config.env);
  const vars = names.map((name): [string, ConfigVar] => {
    const value = ownVar(branch.config.env, name);
    if (value === null) throw notFound(branch, name);
    return [name, value];
  });
  const values = revealVars(Object.fromEntries(vars));
  const shown = vars.filter(([, value]) => value instanceof Secret).map(([name]) => name);
  if (shown.length > 0) {
    const message = `The value of ${shown.join(", ")} was shown.`;
    emit(context, "secret.revealed", { branch, actor: asked.actor, message });
  }
  return values;
}

export async function rotateSecrets(
  context: EngineContext,
  actor: string,
): Promise<{ readonly key: string }> {
  const made = await context.store.secrets.rotate();
  const message = `The secrets are encrypted with key ${made.key} from now on.`;
  note(context, "secrets.rotated", { appId: null, target: null, actor, message });
  return made;
}

type Change = {
  readonly name: string;
  readonly before: ConfigVar | null;
  readonly value: ConfigVar | null;
};

/** The vars as they are to be once every change that waits is done. */
function upcomingVars({ store }: EngineContext, branch: Branch): ConfigVars {
  const waiting = store.jobs.open().filter(({ branchId }) => branchId === branch.id);
  return waiting.reduce(
    (config, { input }) => changeConfig(config, input.changes ?? {}),
    branch.config,
  ).env;
}

function notFound(branch: Branch, name: string): PlatformError {
  return new PlatformError("config_var_not_found", { target: targetOf(branch), name });
}

function describe(changed: readonly Change[]): string {
  const set = changed.filter(({ value }) => value !== null).map(({ name }) => name);
  const unset = changed.filter(({ value }) => value === null).map(({ name }) => name);
  const words = [
    set.length > 0 ? `Set ${set.join(", ")}` : "",
    unset.length > 0 ? `Unset ${unset.join(", ")}` : "",
  ];
  return words.filter(Boolean).join("; ");
}

/** All vars of a branch are kept with each of its releases. */
function refuseTooMuch(vars: Readonly<Record<string, ConfigVar | null>>): void {
  const lengths = Object.entries(vars).map(([name, value]) => name.length + lengthOf(value));
  if (lengths.reduce((sum, length) => sum + length, 0) <= allLengthMax) return;
  const problem = `all together would be longer than ${allLengthMax} characters`;
  throw new PlatformError("invalid_input", { field: "config vars", problem });
}

function lengthOf(value: ConfigVar | null): number {
  if (!(value instanceof Secret)) return value?.length ?? 0;
  try {
    return value.reveal().length;
  } catch {
    // One whose key is lost: whoever sets others need not know.
    return 0;
  }
}

function checkVar(name: string, value: ConfigVar | null): void {
  const text = value instanceof Secret ? value.reveal() : (value ?? "");
  const problem =
    name === "PORT"
      ? "PORT is given by Berth, one to each instance"
      : !namePattern.test(name)
        ? `${JSON.stringify(name.slice(0, 80))}: use letters, digits and _, not starting with a digit`
        : text.includes("\0") || text.length > valueLengthMax
          ? `the value of ${name} is longer than ${valueLengthMax} characters or holds a NUL`
          : null;
  if (problem) throw new PlatformError("invalid_input", { field: "config var", problem });
}
