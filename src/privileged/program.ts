import { chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execlineb, execlineTool, renderExecline } from "#lib/execline.ts";
import type { Realm } from "./realm.ts";
import { renderSandbox, sandboxArgv, type Sandbox } from "./sandbox.ts";
import { goBehind, limitInside, type Confined } from "./walls.ts";

/** A command line of an app, its sandbox, and the walls around it. */
export type Program = {
  readonly command: string;
  readonly sandbox: Sandbox;
  readonly confined: Confined;
  /** Its errors go where its output goes. */
  readonly joinsErrors: boolean;
};

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

/**
 * Writes what the sandbox reads into a folder of root's, and gives the words that start the program
 * from there. The privilege opens the files and the cgroups; what follows has none.
 */
export function writeProgram(
  { walls, tools, relay, become }: Realm,
  folder: string,
  { command, sandbox, confined, joinsErrors }: Program,
): string[] {
  const { user, terminal } = sandbox;
  const write = (name: string, text: string | Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
    if (terminal) chownSync(path, user.uid, user.gid);
    return name;
  };
  const inside = [...limitInside(walls, confined.limits), ...(terminal ? inForeground : [])];
  const argv = sandboxArgv(command, inside);
  const opened = renderSandbox(sandbox, tools).map((text, index) =>
    write(`sandbox.${3 + index}`, text),
  );
  if (terminal === null)
    return [...goBehind(walls, confined, { opened, joinsErrors }), ...become(user), ...argv];
  // The terminal's relay is the user's, and passes no descriptors on: so the files are the user's too.
  const opening = opened.map((name, index) => [
    execlineTool("redirfd"),
    "-r",
    String(3 + index),
    join(folder, name),
  ]);
  const script = write("run", renderExecline([...opening, argv], { args: "-P" }));
  const size = [terminal.columns, terminal.rows].map(String);
  const through = [tools.node, relay, ...size, execlineb, "-P", join(folder, script)];
  return [...goBehind(walls, confined), ...become(user), ...through];
}
