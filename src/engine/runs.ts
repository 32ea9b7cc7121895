import { randomBytes } from "node:crypto";
import { targetOf } from "#domain/branch.ts";
import type { Door } from "#domain/door.ts";
import { PlatformError } from "#domain/errors.ts";
import { limitsOf } from "#domain/limit-choices.ts";
import type { Session, SessionOptions } from "#domain/runner.ts";
import { appOf } from "./build.ts";
import { emit, type EngineContext } from "./context.ts";
import { environmentOf } from "./plan/wanted.ts";
import { branchAt, currentRelease } from "./targets.ts";

export type RunRequest = {
  readonly target: string;
  readonly command: string;
  readonly terminal: SessionOptions["terminal"];
  readonly actor: string;
  readonly door: Door;
};

const attachWithinMs = 30_000;
/** Longer than anybody looks on. */
const timeoutMs = 7 * 24 * 3_600_000;

/** One-off commands that were asked for and wait for whoever asked to attach to them. */
export class Runs {
  readonly #context: EngineContext;
  readonly #waiting = new Map<string, { readonly run: () => Session; readonly until: Date }>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** A one-off command in the current release's sandbox and environment; gives its secret. */
  create({ target, command, terminal, actor, door }: RunRequest): string {
    const { store, runner, clock } = this.#context;
    const branch = branchAt(store, target);
    const release = currentRelease(store, branch);
    const sandboxed = {
      app: appOf(this.#context, branch),
      artifactId: release.artifactId,
      building: false,
      command,
      env: { ...environmentOf(release), ...(terminal ? { TERM: terminal.kind } : {}) },
      limits: limitsOf(release.config.limits, null),
    };
    emit({ ...this.#context, door }, "run.started", {
      branch,
      actor,
      message: `Running ${command.slice(0, 200)}`,
    });
    const now = clock.now();
    for (const [id, { until }] of this.#waiting) if (until < now) this.#waiting.delete(id);
    const id = randomBytes(24).toString("base64url");
    this.#waiting.set(id, {
      run: () => runner.open(sandboxed, { terminal, timeoutMs }),
      until: new Date(now.getTime() + attachWithinMs),
    });
    return id;
  }

  /** Starts it; null for a run that is not known, was attached to, or waited too long. */
  readonly open = (id: string): Session | null => {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting && waiting.until >= this.#context.clock.now() ? waiting.run() : null;
  };
}

/** @throws {PlatformError} `command_not_found`, before any of them is run. */
export function customCommands(
  { store }: EngineContext,
  { target, names }: { target: string; names: readonly string[] },
): string[] {
  const branch = branchAt(store, target);
  currentRelease(store, branch);
  const known = branch.config.customCommands;
  return names.map((name) => {
    const command = Object.hasOwn(known, name) ? known[name] : undefined;
    if (command !== undefined) return command;
    const commands = Object.keys(known).join(", ") || "none";
    throw new PlatformError("command_not_found", {
      target: targetOf(branch),
      command: name,
      commands,
    });
  });
}
