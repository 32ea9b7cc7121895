import { z } from "zod";
import { UserNumber } from "./app-user.ts";
import { Network } from "./app.ts";
import type { ObservedInstance } from "./instance.ts";
import { Limits } from "./limits.ts";
import type { Session } from "./runner.ts";
import type { AppSight, Owned } from "./score-card.ts";

const Id = z.int().min(1);
const Port = z.int().min(1).max(65_535);
const noNul = (text: string) => !text.includes("\0");
const Text = z.string().refine(noNul, "it holds a NUL character");
const CommandLine = Text.min(1).max(100_000);
const Environment = z.record(Text.regex(/^[^=]+$/), Text);
/** Longest time that a timer can be set for. */
const Milliseconds = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/**
 * The verbs that act on users, processes and the sandbox, each with what it takes. All of it are
 * ids, numbers and the app's own texts: every path follows from them, and who carries them out
 * checks them itself, whatever was checked before.
 */
export const privilegedVerbs = {
  /** Supervises an instance; does nothing when it is supervised already. */
  startInstance: z.strictObject({
    id: Id,
    user: UserNumber,
    artifactId: Id,
    command: CommandLine,
    env: Environment,
    limits: Limits,
    network: Network,
    /** Where the router may connect to it. */
    port: Port.nullable(),
    /** `<branch id>/<instance id>-<web.1>` */
    logName: z.string().regex(/^\d{1,15}\/\d{1,15}-[A-Za-z][A-Za-z0-9_-]{0,62}\.\d{1,9}$/),
  }),
  /** SIGTERM, after `graceMs` SIGKILL, then removes everything of it. Repeatable. */
  stopInstance: z.strictObject({ id: Id, graceMs: Milliseconds }),
  /** Lets an instance run again that ended too often in a row. */
  reviveInstance: z.strictObject({ id: Id }),
  /** Holds a running instance to other limits of memory, processor and processes. */
  limitInstance: z.strictObject({ id: Id, limits: Limits }),
  /** How one instance does, or each that there is. */
  observeInstances: z.strictObject({ id: Id.nullable() }),
  /** Inodes of the sockets that an instance's processes hold. */
  listSockets: z.strictObject({ id: Id }),
  /** Runs one command to its end, and never longer than whoever asked listens. */
  runCommand: z.strictObject({
    appId: Id,
    user: UserNumber,
    artifactId: Id,
    /** The tree still grows: it can be written to, and the app's cache is there. */
    building: z.boolean(),
    command: CommandLine,
    env: Environment,
    limits: Limits,
    network: Network,
    timeoutMs: Milliseconds,
    takesInput: z.boolean(),
    terminal: z
      .strictObject({
        columns: z.int().min(1).max(10_000),
        rows: z.int().min(1).max(10_000),
        kind: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,63}$/),
      })
      .nullable(),
  }),
  /** Opens or closes an app's connections to the outside. Repeatable. */
  setNetwork: z.strictObject({ user: UserNumber, network: Network }),
  /**
   * Ports of this machine that every app may visit, and no others: the router's, and what is chosen;
   * and those that are given to instances, from the first on.
   */
  setPorts: z.strictObject({
    open: z.array(Port).max(65_535),
    instances: z.strictObject({ min: Port, max: Port }),
  }),
  /** What is to be seen of an app that runs, as the kernel has it. */
  inspectApp: z.strictObject({ user: UserNumber }),
  /** What this machine lets us do for the apps' safety. */
  protections: z.strictObject({}),
  /** Gives a tree that berthd has checked out to the app's user, to build in. */
  handOverArtifact: z.strictObject({ artifactId: Id, user: UserNumber }),
  /** Takes a built tree back: nobody writes to it any more, and only the app and Berth read it. */
  sealArtifact: z.strictObject({ artifactId: Id, user: UserNumber }),
  /** Makes a sealed tree the artifact, in one step that survives a power cut; it never changes again. */
  finishArtifact: z.strictObject({ artifactId: Id, user: UserNumber }),
  /** Lets the router read an artifact, to serve files of it. */
  publishArtifact: z.strictObject({ artifactId: Id, user: UserNumber }),
  /** Removes a tree, growing or whole. Repeatable. */
  removeArtifact: z.strictObject({ artifactId: Id }),
  removeCache: z.strictObject({ appId: Id }),
  /** Ends everything of an app's user and makes sure that nothing is left of it. Repeatable. */
  retireUser: z.strictObject({ user: UserNumber }),
} as const;

export type Verb = keyof typeof privilegedVerbs;
export type VerbArguments<V extends Verb> = z.output<(typeof privilegedVerbs)[V]>;

/** Verbs that are one question and one answer. */
export type PlainVerb = Exclude<Verb, "runCommand">;
export type VerbResult<V extends PlainVerb> = V extends keyof Answers ? Answers[V] : null;

type Answers = {
  readonly observeInstances: readonly SupervisedInstance[];
  readonly listSockets: readonly number[];
  readonly protections: Protections;
  readonly inspectApp: AppFacts;
};

/** What the supervisor has of an instance; how it ended stands in the folder of ends. */
export type SupervisedInstance = Omit<ObservedInstance, "lastExit">;

/** What the kernel has of an app that runs, mostly in the kernel's own words. */
export type AppFacts = Pick<AppSight, "hasOwnUser" | "uid" | "fence"> & {
  readonly instances: readonly InstanceFacts[];
};

export type InstanceFacts = {
  readonly id: number;
  /** Of each process the lines that matter, the outermost first. @see proc(5) */
  readonly processes: readonly Readonly<
    Record<"status" | "limits" | "mountinfo" | "namespaces", readonly string[]>
  >[];
  /** Files of its cgroup by name; null when one of its processes is outside of it. */
  readonly cgroup: Readonly<Record<string, string>> | null;
  /** The file that holds its config vars. */
  readonly environment: Owned | null;
};

/**
 * Files in the folder of ends that note how an instance ended last: its exit, the kernel's count of
 * kills for lack of memory then, and that of the end before.
 */
export function exitNotes(id: number): [exit: string, memory: string, memoryBefore: string] {
  return [`i${id}`, `i${id}.memory`, `i${id}.memory.before`];
}

/** What holds for the apps of a home, which depends on the machine and on who started Berth. */
export type Protections = {
  /** What the kernel limits of each instance and command. */
  readonly limited: readonly ("memory" | "cpu" | "pids")[];
  readonly hasFence: boolean;
  /** Why there is none. */
  readonly fenceProblem: string | null;
  /** System calls that no app needs are refused. */
  readonly hasFilter: boolean;
  /** Whether an app's abstract unix sockets are its own. */
  readonly scopesSockets: boolean;
  /** An app is kept from the ports that are given to others. */
  readonly narrowsPorts: boolean;
};

/** What has privilege, as berthd sees it: a process of its own, or this one. */
export type Privileges = {
  /** Verbs may be repeated, and are, when whoever carries them out was restarted meanwhile. */
  readonly call: <V extends PlainVerb>(verb: V, args: VerbArguments<V>) => Promise<VerbResult<V>>;
  readonly openCommand: (command: VerbArguments<"runCommand">) => Session;
  /** Calls `onExit` each time an instance ends. */
  readonly watchExits: (onExit: (id: number) => void) => AsyncDisposable;
};
