import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import type { SupervisedInstance } from "#domain/privileges.ts";
import { exists, namesIn, nullIf } from "#lib/files.ts";
import { orderService, statusOf } from "#lib/s6.ts";

/** A service folder is root's alone until s6 supervises it. */
const notThereYet = ["ENOENT", "ENOTDIR", "EACCES"];
const [stuckAfterMs, loggerEndsWithinMs] = [5000, 1000];

/** Instances as s6 has them: berth-root starts and removes them, and lets the account steer them. */
export class Supervision {
  readonly #services: string;

  constructor(services: string) {
    this.#services = services;
  }

  /** Those that have a service folder; what else is there is no instance's. */
  async ids(): Promise<number[]> {
    const names = await namesIn(this.#services);
    return names.flatMap((name) => /^i(\d{1,15})$/.exec(name)?.[1] ?? []).map(Number);
  }

  async observe(id: number): Promise<SupervisedInstance> {
    const service = this.#service(id);
    const status = await statusOf(service);
    const file = await lstat(join(service, "sandbox.3")).catch(nullIf(notThereYet));
    const environment = file && { uid: file.uid, mode: file.mode & 0o7777 };
    if (status === null)
      return { id, state: "gone", pid: null, sinceMs: 0, givenUp: false, environment };
    const { up, wantedUp, pid, sinceMs } = status;
    const state = up ? "running" : "waiting";
    return { id, state, pid, sinceMs, givenUp: !up && !wantedUp, environment };
  }

  async observeAll(): Promise<SupervisedInstance[]> {
    return Promise.all((await this.ids()).map((id) => this.observe(id)));
  }

  /** Lets one run again that ended too often in a row. */
  async revive(id: number): Promise<void> {
    orderService("u", this.#service(id));
  }

  /**
   * Ends an instance, so that it stays down, and then its logger.
   * @param ask Asks what runs behind the outer process to end; false when there is nobody to ask.
   * @throws {PlatformError} `instance_stuck`
   */
  async stop(id: number, graceMs: number, ask: (outerPid: number) => Promise<boolean>) {
    const service = this.#service(id);
    orderService("O", service);
    const { pid = null } = (await statusOf(service)) ?? {};
    if (pid === null) orderService("d", service);
    else if (!((await ask(pid)) && (await isGoneWithin(pid, graceMs)))) {
      // Killing the outer process takes the whole process namespace down with it.
      orderService("dk", service);
      if (!(await isGoneWithin(pid, stuckAfterMs))) throw stuck(id);
    }
    await this.#stopLogger(join(service, "log"));
  }

  /** One that cannot write what it still holds, as on a full disk, does not end by itself. */
  async #stopLogger(logger: string): Promise<void> {
    const { pid = null } = (await statusOf(logger)) ?? {};
    orderService("d", logger);
    if (pid !== null && !(await isGoneWithin(pid, loggerEndsWithinMs))) orderService("dk", logger);
  }

  #service(id: number): string {
    return join(this.#services, `i${id}`);
  }
}

/** Its supervisor takes the end of a process at once, so that its number stands for nobody else. */
async function isGoneWithin(pid: number, ms: number): Promise<boolean> {
  const untilMs = performance.now() + ms;
  for (let waitMs = 1; await exists(`/proc/${pid}`); waitMs = Math.min(50, waitMs * 1.5)) {
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) return false;
    await sleep(Math.min(waitMs, leftMs));
  }
  return true;
}

function stuck(id: number): PlatformError {
  const seconds = stuckAfterMs / 1000;
  return new PlatformError("instance_stuck", { instance: `Instance ${id}`, seconds });
}
