import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { exec, ExecError } from "./exec.ts";
import { nullIf } from "./files.ts";

/** Whether a supervisor looks after a service. @see s6-svok(8) */
export async function isSupervised(service: string): Promise<boolean> {
  return exec(["s6-svok", service]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ExecError) return false;
      throw error;
    },
  );
}

/** Gives a service's supervisor an order; false when there is none, which needs none. @see s6-svc(8) */
export function orderService(how: string, service: string): Promise<boolean> {
  return isTaken(["s6-svc", how, service]);
}

/**
 * Has whoever supervises a folder of services look what is new there; false when there is nobody. It
 * is the letter that `s6-svscanctl -a` writes, as that would only be a program to wait for.
 */
export function lookAgain(scan: string): boolean {
  try {
    const { O_WRONLY, O_NONBLOCK } = constants;
    const control = openSync(join(scan, ".s6-svscan/control"), O_WRONLY | O_NONBLOCK);
    writeSync(control, "a");
    closeSync(control);
    return true;
  } catch (error) {
    return nullIf(["ENOENT", "ENXIO"])(error as NodeJS.ErrnoException) !== null;
  }
}

/** The same as `orderService` for whoever supervises a folder of services. @see s6-svscanctl(8) */
export function orderScan(how: string, scan: string): Promise<boolean> {
  return isTaken(["s6-svscanctl", how, scan]);
}

/** By what s6's programs exit with when nobody is there who could take an order. */
async function isTaken(argv: readonly [string, ...string[]]): Promise<boolean> {
  try {
    await exec(argv);
    return true;
  } catch (error) {
    if (error instanceof ExecError && (error.code === 100 || error.code === 111)) return false;
    throw error;
  }
}
