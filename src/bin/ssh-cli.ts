import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "#cli/run-cli.ts";

/** The CLI for somebody who came in over SSH. */
export async function runOverSsh(session: {
  readonly home: string;
  readonly actor: string;
  readonly introduction: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly terminal: string;
}): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const manifest = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  // Our own package.json has a version.
  const { version } = JSON.parse(manifest) as { version: string };
  const tty: boolean = stdout.isTTY;
  const io = { stdin, stdout, stderr, tty, colour: true };
  return runCli({ ...session, ...io, directory: "/", local: false, lifecycle: null, version });
}
