/**
 * The words that run a user's own command line, inside that user's own sandbox. The one place in
 * Berth where a text meets a shell: `test/no-shell.test.ts` finds any other. The shell first gives up
 * what it could open beyond `openFiles`: a program of its own for that takes 2 ms.
 */
export function userCommand(commandLine: string, openFiles: number): [string, ...string[]] {
  const limited = `ulimit -n ${Math.trunc(openFiles)} || exit`;
  return ["/bin/sh", "-c", `${limited}; ${commandLine}`];
}
