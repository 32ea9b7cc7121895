import { exec, ExecError } from "./exec.ts";

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

/** The same for whoever supervises a folder of services. @see s6-svscanctl(8) */
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
