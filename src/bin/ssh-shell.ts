import { RemoteError } from "#api/client.ts";
import { reportOf } from "#domain/errors.ts";
import { parseSshCommand } from "#server/ssh/command.ts";
import { serveGit } from "#server/ssh/serve-git.ts";

/** The forced command of every key: receives a push, sends a clone, or runs a command of the CLI. */
const [home = "", actor = "", key = ""] = process.argv.slice(2);
const { env } = process;
const [address = ""] = (env["SSH_CONNECTION"] ?? "").split(" ", 1);
const introduction = { "x-berth-actor": actor, "x-berth-key": key, "x-berth-address": address };
const command = parseSshCommand(env["SSH_ORIGINAL_COMMAND"] ?? "");

if (command.kind === "cli") {
  const { runOverSsh } = await import("./ssh-cli.ts");
  process.exitCode = await runOverSsh({
    home,
    actor,
    introduction,
    argv: command.argv,
    terminal: env["TERM"] ?? "dumb",
  });
} else {
  const session = { ...command, home, introduction, protocol: env["GIT_PROTOCOL"] ?? "" };
  process.exitCode = await serveGit(session).catch((error: unknown) => {
    const { message, hint } = error instanceof RemoteError ? error : reportOf(error);
    process.stderr.write(`berth: ${message}\n  → ${hint}\n`);
    return 1;
  });
}
