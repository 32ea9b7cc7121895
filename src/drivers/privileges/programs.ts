import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Limits } from "#domain/limits.ts";
import type { Program } from "#domain/privileges.ts";
import { execlineb, execlineTool, renderExecline } from "#lib/execline.ts";
import { renderSandbox, sandboxArgv, type Sandbox, type SandboxTools } from "./sandbox.ts";
import { userCommand } from "./user-command.ts";

/** The programs that go into and around every sandbox. */
export type Tools = SandboxTools & {
  /** Gives a command a terminal. */
  readonly relay: string;
};

/** What is run: a command line of an app, in its sandbox. */
export type Boxed = {
  readonly command: string;
  readonly sandbox: Sandbox;
  readonly limits: Limits;
  /** Its processes are counted by a cgroup. */
  readonly isCounted: boolean;
};

/** The words that start it once it is its user's, and the files that it has open then. */
export function programOf({ command, sandbox, limits, isCounted }: Boxed, tools: Tools): Program {
  const inside = [
    ...(isCounted ? [] : limitInside(limits)),
    ...(sandbox.terminal ? inForeground : []),
    ...userCommand(command, openFilesOf(limits)),
  ];
  const argv = sandboxArgv(inside);
  const files = renderSandbox(sandbox, tools).map((it) => Buffer.from(it).toString("base64"));
  return { argv, files };
}

/** The same in a terminal, whose relay passes no descriptors on: a script opens the files by name. */
export function programInTerminal(boxed: Boxed, folder: string, tools: Tools): Program {
  const { argv, files } = programOf(boxed, tools);
  const nameOf = (index: number) => join(folder, `sandbox.${3 + index}`);
  const opening = files.map((_, index) => [
    execlineTool("redirfd"),
    "-r",
    String(3 + index),
    nameOf(index),
  ]);
  const script = renderExecline([...opening, argv], { args: "-P" });
  const { columns = 80, rows = 24 } = boxed.sandbox.terminal ?? {};
  const words = [tools.node, tools.relay, String(columns), String(rows)];
  return {
    argv: [...words, execlineb, "-P", nameOf(files.length)],
    files: [...files, Buffer.from(script).toString("base64")],
  };
}

/**
 * Gives a shell a process group that it can name, as that of what starts its sandbox is out of its
 * sight. Keys such as Ctrl-C then reach what runs in it, and not the sandbox. @see tcsetpgrp(3)
 */
const inForeground = [
  "/usr/bin/perl",
  "-MPOSIX",
  "-e",
  'setpgid(0, 0); { local $SIG{TTOU} = "IGNORE"; tcsetpgrp(0, $$) } exec { $ARGV[0] } @ARGV;',
  "--",
];

/** As far as more could be given away. */
function openFilesOf({ openFiles }: Limits): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const most = Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? 1024);
  return Math.min(openFiles, most);
}

/**
 * Words that limit the number of processes from inside of the sandbox, where no cgroup does: there
 * the kernel counts those of the sandbox alone. @see user_namespaces(7), RLIMIT_NPROC
 */
function limitInside({ pids }: Limits): string[] {
  return ["prlimit", `--nproc=${pids}:${pids}`, "--"];
}
