import type { Privileges } from "#domain/privileges.ts";
import type { Runner } from "#domain/runner.ts";

/** One command to its end in bubblewrap, on this machine. */
export function createSandboxRunner(privileges: Privileges): Runner {
  return { run: privileges.runCommand, prepare: privileges.prepareCommand };
}
