import { runCli } from "#cli/run-cli.ts";
import { ownVersion } from "#lib/checkout.ts";
import { programName } from "#lib/processes.ts";

/** The CLI for somebody who came in over SSH. */
export async function runOverSsh(session: {
  readonly home: string;
  readonly actor: string;
  readonly introduction: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly terminal: string;
}): Promise<number> {
  endWithClient();
  const { stdin, stdout, stderr } = process;
  const version = ownVersion();
  const tty: boolean = stdout.isTTY;
  const io = { stdin, stdout, stderr, tty, colour: true };
  return runCli({ ...session, ...io, directory: "/", local: false, lifecycle: null, version });
}

const lookMs = 1000;

/**
 * Without a terminal sshd ends and tells nobody when the connection has gone, so a command that waits
 * for something to print would wait for ever. It may have ended before we could look for the first
 * time: then somebody else is our parent from the beginning.
 */
function endWithClient(): void {
  const parent = process.ppid;
  const end = () => process.kill(process.pid, "SIGHUP");
  const name = programName(parent);
  if (parent === 1 || name?.startsWith("sshd") === false) end();
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, lookMs).unref();
}
