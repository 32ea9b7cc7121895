import { z } from "zod";
import { UserNumber } from "./app-user.ts";
import { Network } from "./app.ts";
import type { ObservedInstance } from "./instance.ts";
import type { LimitName, Limits } from "./limits.ts";
import type { Session, TerminalSize } from "./runner.ts";
import type { AppSight, Owned } from "./score-card.ts";

/** No longer than what looks for names of folders takes for an id. */
const Id = z.int().min(1).max(999_999_999_999_999);
const Port = z.int().min(1).max(65_535);
const Text = z.string().refine((text) => !text.includes("\0"), "it holds a NUL character");

/** What runs as an app's user, who has no privilege: berthd says what, berth-root only as whom. */
const Program = z.strictObject({
  argv: z.array(Text).min(1).max(10_000),
  /** In base64: what it reads from its descriptors 3 and on. */
  files: z.array(z.base64()).max(8),
});
export type Program = z.infer<typeof Program>;

/**
 * What only root can do, each with what it takes: ids, numbers, and what an app's user is to run.
 * Every path and every user follows from an id, and berth-root checks all of it itself, whatever was
 * checked before.
 */
export const privilegedVerbs = {
  /**
   * Supervises an instance, and lets the router connect to its port; does not start one that is
   * supervised already.
   */
  startInstance: z.strictObject({
    id: Id,
    user: UserNumber,
    network: Network,
    port: Port.nullable(),
    program: Program,
    /** `<branch id>/<instance id>-<web.1>` */
    logName: z.string().regex(/^\d{1,15}\/\d{1,15}-[A-Za-z][A-Za-z0-9_-]{0,62}\.\d{1,9}$/),
  }),
  /** Removes everything of an instance that was stopped. Repeatable. */
  removeInstance: z.strictObject({ id: Id }),
  /**
   * Runs one program to its end, with the connection as its input and output: what is said on it from
   * now on is the program's. The connection ends when nothing of it is left.
   */
  runCommand: z.strictObject({
    /** Of its cgroup, and of its folder below `data/scratch`. */
    name: z.string().regex(/^c[0-9a-f-]{36}$/),
    user: UserNumber,
    program: Program,
    /** It joins the cgroup of its name; else it looks at, or ends, what is confined. */
    isConfined: z.boolean(),
  }),
  /**
   * Has the fence know an app, whose cgroup is there: it reaches its own listeners, and what is
   * outside if its network is open. The router may connect to the port. Repeatable.
   */
  admitApp: z.strictObject({ user: UserNumber, network: Network, port: Port.nullable() }),
  /** Has the fence forget an app, whose cgroup is still there. Repeatable. */
  forgetApp: z.strictObject({ user: UserNumber }),
  closePort: z.strictObject({ user: UserNumber, port: Port }),
  /**
   * Ports of this machine that every app may visit, and no others: the router's, and what is chosen.
   * Those on which no app ever listens. And those that are given to instances, from the first on, up
   * to the last and without it: an app listens on none of them but its instances' own.
   */
  setPorts: z.strictObject({
    open: z.array(Port).max(65_535),
    kept: z.array(Port).max(65_535),
    instances: z.strictObject({ min: Port, max: Port }),
  }),
  /** What the kernel has of the fence, in nft's JSON; where it is not there, it is put up first. */
  lookAtFence: z.strictObject({}),
  /** Gives a tree that berthd has checked out to the app's user, to build in. */
  handOverArtifact: z.strictObject({ artifactId: Id, user: UserNumber }),
  /** Takes a built tree back: nobody writes to it any more, and only the app and Berth read it. */
  sealArtifact: z.strictObject({ artifactId: Id, user: UserNumber }),
  /** Makes a sealed tree the artifact, in one step that survives a power cut; it never changes again. */
  finishArtifact: z.strictObject({ artifactId: Id, user: UserNumber }),
  /** Makes one of an older Berth, which was the account's, such an artifact. */
  adoptArtifact: z.strictObject({ artifactId: Id, user: UserNumber }),
  /** Lets the router read an artifact, to serve files of it. */
  publishArtifact: z.strictObject({ artifactId: Id, user: UserNumber }),
  /** Removes a tree, growing or whole. Repeatable. */
  removeArtifact: z.strictObject({ artifactId: Id }),
  /** Makes a folder for what an app's builds fetch; one that is somebody else's is thrown away. */
  makeCache: z.strictObject({ appId: Id, user: UserNumber }),
  removeCache: z.strictObject({ appId: Id }),
} as const;

export type Verb = keyof typeof privilegedVerbs;
export type VerbArguments<V extends Verb> = z.output<(typeof privilegedVerbs)[V]>;

/** Verbs that are one question and one answer. */
export type PlainVerb = Exclude<Verb, "runCommand">;
export type VerbResult<V extends Verb> = V extends keyof Answers ? Answers[V] : null;

type Answers = {
  /** Null where there is no fence; new is one that somebody had taken down, and that knows no app. */
  readonly lookAtFence: { readonly listing: string; readonly isNew: boolean } | null;
};

/** What the supervisor has of an instance; how it ended stands in the folder of ends. */
export type SupervisedInstance = Omit<ObservedInstance, "lastExit"> & {
  /** The file that holds its config vars. */
  readonly environment: Owned | null;
};

/** What is started for an app: its own command line, and the walls that it is to stand behind. */
type Walled = {
  readonly user: number;
  readonly artifactId: number;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly network: Network;
};

export type InstanceProgram = Walled & {
  readonly id: number;
  /** Where the router may connect to it. */
  readonly port: number | null;
  readonly logName: string;
};

export type CommandProgram = Walled & {
  readonly appId: number;
  /** The tree still grows: it can be written to, and the app's cache is there. */
  readonly building: boolean;
  readonly timeoutMs: number;
  readonly takesInput: boolean;
  readonly terminal: (TerminalSize & { readonly kind: string }) | null;
};

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
  /** What the kernel cannot limit of each instance and command here. */
  readonly unlimited: readonly LimitName[];
  readonly hasFence: boolean;
  /** Why there is none. */
  readonly fenceProblem: string | null;
  /** System calls that no app needs are refused. */
  readonly hasFilter: boolean;
  /** Whether an app's abstract unix sockets are its own. */
  readonly scopesSockets: boolean;
  /** An app is kept from the ports that are given to others. */
  readonly keepsPorts: boolean;
  /** No app has all the ports from which connections begin. */
  readonly countsSockets: boolean;
};

export type KernelUse = {
  /** What counts for the instance's limit; null where nothing counts it. */
  readonly memoryBytes: number | null;
  /** Other apps go first. */
  readonly isBehind: boolean;
};

/**
 * What runs as apps' users, as berthd sees it: each behind its walls, which berthd makes as far as it
 * can and berth-root where only root can.
 */
export type Privileges = {
  /** A plain verb of berth-root's own, asked again when that was restarted meanwhile. */
  readonly call: <V extends PlainVerb>(verb: V, args: VerbArguments<V>) => Promise<VerbResult<V>>;
  readonly startInstance: (instance: InstanceProgram) => Promise<void>;
  /** SIGTERM, after `graceMs` SIGKILL, then removes everything of it. Repeatable. */
  readonly stopInstance: (id: number, graceMs: number) => Promise<void>;
  /** Holds a running instance to other limits of memory, processor and processes. */
  readonly limitInstance: (id: number, limits: Limits) => Promise<void>;
  /** Lets an instance run again that ended too often in a row. */
  readonly reviveInstance: (id: number) => Promise<void>;
  /** What the kernel says of an instance's use; null for one that is not there. */
  readonly useOf: (id: number) => Promise<KernelUse | null>;
  readonly observeInstance: (id: number) => Promise<SupervisedInstance>;
  readonly observeInstances: () => Promise<SupervisedInstance[]>;
  /** Inodes of the sockets that an instance's processes hold. */
  readonly listSockets: (id: number) => Promise<number[]>;
  readonly openCommand: (command: CommandProgram) => Session;
  /** Opens or closes an app's connections to the outside. Repeatable. */
  readonly setNetwork: (user: number, network: Network) => Promise<void>;
  /** Ports that every app may visit, that none may have, and that instances are given. Repeatable. */
  readonly setPorts: (ports: VerbArguments<"setPorts">) => Promise<void>;
  /** Puts the fence up again where somebody has taken it down, with all that it knew. */
  readonly mendFence: () => Promise<void>;
  readonly inspectApp: (user: number) => Promise<AppFacts>;
  readonly retireUser: (user: number) => Promise<void>;
  /** What this machine lets us do for the apps' safety. */
  readonly protections: Protections;
  /** Calls `onExit` each time an instance ends. */
  readonly watchExits: (onExit: (id: number) => void) => AsyncDisposable;
};
