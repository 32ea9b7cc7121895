import { revealVars } from "#domain/config-var.ts";
import type { OpenCommand, Privileges } from "#domain/privileges.ts";
import type { Runner, SandboxCommand } from "#domain/runner.ts";

/** One command to its end in bubblewrap, on this machine. */
export function createSandboxRunner(privileges: Privileges): Runner {
  return {
    run: async (command, options) => privileges.runCommand(opened(command), options),
    prepare: (command) => privileges.prepareCommand(opened(command)),
  };
}

/** Here, at the last step before the program, secrets are opened. */
function opened(command: SandboxCommand): OpenCommand {
  return { ...command, env: revealVars(command.env) };
}
