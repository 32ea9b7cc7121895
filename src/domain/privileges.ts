import type { ObservedInstance } from "./instance.ts";
import type { Outcome, RunOptions, SandboxCommand } from "./runner.ts";

/** What an instance's supervisor is given; nothing else decides what runs. */
export type SupervisedInstance = {
  readonly id: number;
  readonly command: string;
  readonly artifactDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder of its log, made when missing. */
  readonly logDir: string;
};

/** A command whose secrets are opened, as its program is to see them. */
export type OpenCommand = Omit<SandboxCommand, "env"> & {
  readonly env: Readonly<Record<string, string>>;
};

/**
 * The few verbs that act on users, processes and the sandbox. They stand behind one port so that a
 * process of its own can do them; who implements it checks every argument itself.
 */
export type Privileges = {
  /** Supervises an instance; does nothing when it is supervised already. */
  readonly startInstance: (instance: SupervisedInstance) => Promise<void>;
  /** SIGTERM, after `graceMs` SIGKILL, then removes everything of it. Repeatable. */
  readonly stopInstance: (id: number, graceMs: number) => Promise<void>;
  readonly reviveInstance: (id: number) => Promise<void>;
  readonly listInstances: () => Promise<ObservedInstance[]>;
  readonly observeInstance: (id: number) => Promise<ObservedInstance>;
  /** TCP ports on which an instance's processes listen. */
  readonly listeningPorts: (id: number) => Promise<number[]>;
  /** Calls `onExit` each time an instance ends. */
  readonly watchExits: (onExit: (id: number) => void) => AsyncDisposable;
  readonly runCommand: (command: OpenCommand, options: RunOptions) => Promise<Outcome>;
  readonly prepareCommand: (command: OpenCommand) => { argv: string[]; args: string };
};
