import { bareEnv, exec, ExecError } from "#lib/exec.ts";

export type ServiceStatus = {
  readonly up: boolean;
  readonly wantedUp: boolean;
  readonly pid: number | null;
  readonly sinceMs: number;
};

/** What s6 knows of a service; null when nothing supervises it. @see s6-svstat(8) */
export async function statusOf(service: string): Promise<ServiceStatus | null> {
  try {
    const text = await exec(["s6-svstat", "-o", "up,wantedup,pid,updownfor", service], {
      env: bareEnv,
    });
    const [up, wantedUp, pid, seconds] = text.trim().split(" ");
    const pidNumber = Number(pid);
    return {
      up: up === "true",
      wantedUp: wantedUp === "true",
      pid: pidNumber > 0 ? pidNumber : null,
      sinceMs: Number(seconds) * 1000,
    };
  } catch (error) {
    if (error instanceof ExecError) return null;
    throw error;
  }
}
