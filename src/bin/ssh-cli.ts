import { runCli } from "#cli/run-cli.ts";
import { ownVersion } from "#lib/checkout.ts";

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
 * for something to print would wait for ever.
 */
function endWithClient(): void {
  const sshd = process.ppid;
  setInterval(() => {
    if (process.ppid !== sshd) process.kill(process.pid, "SIGHUP");
  }, lookMs).unref();
}
