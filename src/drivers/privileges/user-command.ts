/**
 * The words that run a user's own command line, inside that user's own sandbox. The one place in
 * Berth where a text meets a shell: `test/no-shell.test.ts` finds any other.
 */
export function userCommand(commandLine: string): [string, ...string[]] {
  return ["/bin/sh", "-c", commandLine];
}
