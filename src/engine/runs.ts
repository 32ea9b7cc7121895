import { randomBytes } from "node:crypto";
import { targetOf } from "#domain/branch.ts";
import type { Door } from "#domain/door.ts";
import { PlatformError } from "#domain/errors.ts";
import { limitsOf } from "#domain/limit-choices.ts";
import type { CommandSession, Session, SessionOptions } from "#domain/runner.ts";
import { appOf, problemOf, type Work } from "./build.ts";
import { emit, type EngineContext } from "./context.ts";
import type { JobQueue } from "./jobs.ts";
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
/** Longer than anybody looks on. */
const timeoutMs = 7 * 24 * 3_600_000;

/**
 * One-off commands: each is a job that begins when whoever asked attaches to it, and ends with the
 * command. What it prints goes to them alone: it may well be what nobody else is to see.
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

  /** A one-off command in the current release's sandbox and environment. */
  create({ target, command, terminal, actor, door }: RunRequest): RunTicket {
    const branch = branchAt(this.#context.store, target);
    currentRelease(this.#context.store, branch);
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
    const command = job.input.command ?? "";
    await work.step({ name: "run", title: command, isHeading: true }, async (facts) => {
      const outcome = await (await this.#attached(work, command)).outcome;
      work.signal.throwIfAborted();
      if (outcome === null) throw cutOff("whoever ran it went away");
      facts.exitCode = outcome.code;
      const fix = `allow more: berth limits -a ${targetOf(branch)}`;
      const problem = problemOf(outcome, timeoutMs, fix);
      if (problem) throw new PlatformError("run_failed", { problem });
    });
    out.heading("It ended with code 0");
  }

  /** Resolves when somebody has attached. */
  async #attached(
    { context, branch, job, signal }: Work,
    command: string,
  ): Promise<CommandSession> {
    const { store, runner, clock } = context;
    const release = currentRelease(store, branch);
    // Its code is kept as long as it runs.
    store.jobs.update(job.id, { artifactId: release.artifactId });
    const { promise, resolve } = Promise.withResolvers<CommandSession>();
    this.#waiting.set(job.id, (terminal) => {
      this.#waiting.delete(job.id);
      const env = { ...environmentOf(release), ...(terminal ? { TERM: terminal.kind } : {}) };
      const limits = limitsOf(release.config.limits, null);
      const tree = { artifactId: release.artifactId, building: false };
      const sandboxed = { app: appOf(context, branch), ...tree, command, env, limits };
      const session = runner.open(sandboxed, { terminal, timeoutMs, signal });
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
