import type { Duplex, Readable, Writable } from "node:stream";
import type { Client } from "#api/client.ts";
import type { InputOf, Operation, ResultOf } from "#api/operation.ts";
import type { JobView } from "#api/views.ts";
import { followJobs } from "./job-output.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Output } from "./output.ts";

/** What a command works with: the person's words, and the world around it. */
export type Context = {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** The app or app@branch that is meant; empty when the command takes none or none was named. */
  readonly target: string;
  readonly client: Client;
  readonly out: Output;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Leaves HTTP behind on a connection of its own, for what is talked to. */
  readonly connect: (path: string) => Promise<Duplex>;
  /** Aborts when nobody reads the output any more. */
  readonly signal: AbortSignal;
  readonly home: string;
  /** From which relative paths are meant. */
  readonly directory: string;
  /** The terminal's kind, for programs that are started in it. */
  readonly terminal: string;
  /** Whether the person is on this machine, so that files and the machine itself may be meant. */
  readonly local: boolean;
  readonly lifecycle: Lifecycle | null;
  readonly version: string;
  /** Every command there is. */
  readonly commands: readonly Command[];
};

export type Option = { readonly flags: string; readonly describe: string };

/**
 * Where the target comes from: `needed` is -a, then the directory's git remote, then its manifest;
 * `argument` takes it as the first word too; `optional` means all when -a is not given.
 */
export type TargetRule = "none" | "needed" | "argument" | "optional";

export type Command = {
  /** `config:set <NAME=value...>` */
  readonly usage: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly example: string;
  readonly target: TargetRule;
  readonly options: readonly Option[];
  /** Options that follow the first word belong to what it names. */
  readonly passThrough: boolean;
  /** Only for a person on this machine. */
  readonly localOnly: boolean;
  /** Resolves with the exit code; 0 when it gives none. */
  readonly run: (context: Context) => Promise<number | void>;
};

/** What every declaration of a command says of itself. */
export type CommandWords = Pick<Command, "usage" | "example"> &
  Partial<Pick<Command, "summary" | "aliases" | "target" | "options">>;

type ActionSpec = CommandWords &
  Pick<Command, "summary" | "run"> &
  Partial<Pick<Command, "passThrough" | "localOnly">>;

type OperationSpec<O extends Operation> = CommandWords & {
  readonly operation: O;
  readonly input: (context: Context) => InputOf<O> | Promise<InputOf<O>>;
  readonly print: (result: ResultOf<O>, out: Output, context: Context) => void;
};

type JobSpec<O extends Operation> = CommandWords & {
  readonly operation: O;
  readonly input: (context: Context) => InputOf<O> | Promise<InputOf<O>>;
  /** The jobs that the operation began. */
  readonly jobs: (result: ResultOf<O>) => readonly JobView[];
  /** What is said once they have ended well. */
  readonly afterwards?: (context: Context) => Promise<void>;
};

/** Declares a command that calls one operation and prints its result. */
export function command<O extends Operation & { stream: false }>(spec: OperationSpec<O>): Command {
  return action({
    ...spec,
    summary: spec.summary ?? spec.operation.summary,
    async run(context) {
      const result = await call(spec, context);
      if (context.out.json) context.out.value(result);
      else spec.print(result, context.out, context);
    },
  });
}

/** Declares a command whose operation begins jobs: it follows them to their end. */
export function jobCommand<O extends Operation & { stream: false }>(spec: JobSpec<O>): Command {
  return action({
    ...spec,
    summary: spec.summary ?? spec.operation.summary,
    run: async (context) => {
      await followJobs(spec.jobs(await call(spec, context)), context);
      await spec.afterwards?.(context);
    },
  });
}

/** Declares a command that does something of its own. */
export function action(spec: ActionSpec): Command {
  return {
    aliases: [],
    target: "none",
    options: [],
    passThrough: false,
    localOnly: false,
    ...spec,
    name: spec.usage.split(" ", 1)[0] ?? "",
  };
}

async function call<O extends Operation & { stream: false }>(
  spec: { readonly operation: O; readonly input: OperationSpec<O>["input"] },
  context: Context,
): Promise<ResultOf<O>> {
  const input = await spec.input(context);
  // An operation that is not a stream is answered with a promise.
  return context.client(spec.operation, input, context.signal) as Promise<ResultOf<O>>;
}
