import { randomBytes } from "node:crypto";
import { targetOf, type Branch } from "#domain/branch.ts";
import type { Door } from "#domain/door.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Job } from "#domain/job.ts";
import { limitsOf } from "#domain/limit-choices.ts";
import type { Release } from "#domain/release.ts";
import type {
  CommandSession,
  Outcome,
  RunOptions,
  Session,
  SessionOptions,
} from "#domain/runner.ts";
import { appOf, problemOf, type Work } from "./build.ts";
import { emit, type EngineContext } from "./context.ts";
import type { JobQueue } from "./jobs.ts";
import { createOutput } from "./output.ts";
import { environmentOf } from "./plan/wanted.ts";
import { branchAt, currentRelease } from "./targets.ts";

export type RunRequest = {
  readonly target: string;
  readonly command: string;
  readonly terminal: SessionOptions["terminal"];
  readonly actor: string;
  readonly door: Door;
};

/** A run that was asked for: its job, and the secret that attaches to it. */
export type RunTicket = { readonly id: string; readonly job: number };

type Terminal = SessionOptions["terminal"];

const attachWithinMs = 30_000;
/** Of a command line, in the list of what its job did. */
const titleMax = 200;
/** Longer than anybody looks on. */
const timeoutMs = 7 * 24 * 3_600_000;

/**
 * One-off commands: each is a job that begins when whoever asked attaches to it, and ends with the
 * command.
 */
export class Runs {
  readonly #context: EngineContext;
  readonly #queue: JobQueue;
  readonly #tickets = new Map<string, { readonly job: number; readonly terminal: Terminal }>();
  /** Jobs to which nobody has attached yet. */
  readonly #waiting = new Map<number, (terminal: Terminal) => Session>();

  constructor(context: EngineContext, queue: JobQueue) {
    this.#context = context;
    this.#queue = queue;
  }

  /** A one-off command in the current release's sandbox and environment. @throws {PlatformError} `too_many_runs` */
  create({ target, command, terminal, actor, door }: RunRequest): RunTicket {
    const branch = branchAt(this.#context.store, target);
    currentRelease(this.#context.store, branch);
    refuseCrowd(this.#context, branch);
    const asked = { kind: "run", branchId: branch.id, actor, door, input: { command } } as const;
    const { id: job } = this.#queue.add(asked);
    const message = `Running ${command.slice(0, 200)}`;
    emit({ ...this.#context, door }, "run.started", { branch, actor, message });
    for (const [old, ticket] of this.#tickets) {
      if (!this.#waiting.has(ticket.job)) this.#tickets.delete(old);
    }
    const id = randomBytes(24).toString("base64url");
    this.#tickets.set(id, { job, terminal });
    return { id, job };
  }

  /** Starts it; null for a run that is not known, was attached to, or waited too long. */
  readonly open = (id: string): Session | null => {
    const ticket = this.#tickets.get(id);
    this.#tickets.delete(id);
    return (ticket && this.#waiting.get(ticket.job)?.(ticket.terminal)) ?? null;
  };

  /** The work of its job. */
  async carryOut(work: Work): Promise<void> {
    const { job, branch, out } = work;
    if (job.startedAt !== null) throw cutOff("berthd was restarted");
    const title = commandOf(job).replaceAll(/\s+/g, " ").slice(0, titleMax);
    await work.step({ name: "run", title, isHeading: true }, async (facts) => {
      const outcome = await this.#run(work);
      work.signal.throwIfAborted();
      if (outcome === null) throw cutOff("whoever ran it went away");
      facts.exitCode = outcome.code;
      const { memoryBytes } = limitsOf(branch.config.limits, null);
      const scope = `-a ${targetOf(branch)}`;
      const problem = problemOf(outcome, { memoryBytes, timeoutMs, scope });
      if (problem) throw new PlatformError("run_failed", { problem });
    });
    out.heading("It ended with code 0");
  }

  /** Resolves when the command has ended, which began when somebody attached. */
  async #run(work: Work): Promise<Outcome | null> {
    const { context, branch, job, out } = work;
    const release = currentRelease(context.store, branch);
    // Its code is kept as long as it runs.
    context.store.jobs.update(job.id, { artifactId: release.artifactId });
    const output = createOutput(out, environmentOf(release));
    try {
      return await (
        await this.#attached(work, release, output.write)
      ).outcome;
    } finally {
      output.end();
    }
  }

  async #attached(
    { context, branch, job, signal }: Work,
    release: Release,
    onOutput: RunOptions["onOutput"],
  ): Promise<CommandSession> {
    const { runner, clock } = context;
    const { promise, resolve } = Promise.withResolvers<CommandSession>();
    this.#waiting.set(job.id, (terminal) => {
      this.#waiting.delete(job.id);
      const env = { ...environmentOf(release), ...(terminal ? { TERM: terminal.kind } : {}) };
      const limits = limitsOf(release.config.limits, null);
      const tree = { artifactId: release.artifactId, building: false };
      const command = commandOf(job);
      const sandboxed = { app: appOf(context, branch), ...tree, command, env, limits };
      const session = runner.open(sandboxed, { terminal, timeoutMs, signal, onOutput });
      resolve(session);
      return session;
    });
    const enough = new AbortController();
    const late = clock.sleep(attachWithinMs, AbortSignal.any([signal, enough.signal]));
    try {
      const session = await Promise.race([promise, late]);
      if (!session) throw cutOff("nobody attached to it within 30 seconds");
      return session;
    } finally {
      this.#waiting.delete(job.id);
      late.catch(() => {});
      enough.abort();
    }
  }
}

/**
 * Each has a connection to berth-root for as long as it runs, of which all apps together have so many.
 * @throws {PlatformError} `too_many_runs`
 */
function refuseCrowd({ store, hostConfig }: EngineContext, { appId, appName }: Branch): void {
  const runs = store.jobs.open().filter((job) => job.kind === "run" && job.appId === appId);
  const [count, most] = [runs.length, hostConfig().settings.appRunsMax];
  if (count >= most) throw new PlatformError("too_many_runs", { app: appName, count, most });
}

function commandOf({ input }: Job): string {
  return input.command ?? "";
}

function cutOff(problem: string): PlatformError {
  return new PlatformError("run_cut_off", { problem });
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
