import type { Network } from "#domain/app.ts";
import type { Limits } from "#domain/limits.ts";
import type { PortRange, Privileges, VerbArguments } from "#domain/privileges.ts";
import { userOf, type Realm } from "#domain/realm.ts";
import type { Cgroups } from "./cgroups.ts";
import type { Kept, KeptInstances } from "./kept.ts";

/** Something that runs, and what it may use and reach. */
export type Confined = {
  readonly user: number;
  /** `i7` of an instance, `l7` of its logger, `c…` of a command. */
  readonly name: string;
  readonly limits: Limits;
  /** Null for what connects to nothing, as a logger does not. */
  readonly network: Network | null;
  /** Where the router may connect to it. */
  readonly port: number | null;
};

/** What an instance is behind, and what its logger is: what it prints costs nobody else but its own. */
export function confinedOf(id: number, kept: Kept): [own: Confined, logger: Confined] {
  const { user } = kept;
  return [
    { ...kept, name: `i${id}` },
    { user, name: `l${id}`, limits: loggerLimits, network: null, port: null },
  ];
}

const loggerLimits: Limits = {
  memoryBytes: 32 * 1024 ** 2,
  cpuCores: 0.2,
  pids: 8,
  openFiles: 64,
  diskBytes: 1024 ** 2,
};

/** Puts up and takes down what the kernel holds apps to: cgroups by itself, the fence by berth-root. */
export class Walls {
  readonly cgroups: Cgroups;
  readonly #realm: Realm;
  readonly #call: Privileges["call"];
  /** Nobody else changes the fence, so what was said once need not be said for each command. */
  readonly #admitted = new Map<number, Network>();
  #openPorts: readonly number[] = [];
  #instancePorts: PortRange | null = null;

  constructor(realm: Realm, cgroups: Cgroups, call: Privileges["call"]) {
    this.#realm = realm;
    this.cgroups = cgroups;
    this.#call = call;
  }

  /** Before anything starts between them. Repeatable. */
  async putUp(confined: Confined): Promise<void> {
    const { uid } = userOf(this.#realm, confined.user);
    this.cgroups.create({ uid, name: confined.name }, confined.limits);
    const { user, network } = confined;
    if (network === null || this.#realm.fence === null) return;
    if (this.#admitted.get(user) !== network) await this.#admit(user, network, null);
  }

  /** Lets the router in: until then nobody reaches what stands between the walls. Repeatable. */
  async openDoor({ user, network, port }: Confined): Promise<void> {
    if (network === null || port === null || this.#realm.fence === null) return;
    await this.#admit(user, network, port);
  }

  /** Ends what still runs between the walls and takes them away; the app's own stay. Repeatable. */
  async takeDown({ user, name, port }: Confined): Promise<void> {
    const { uid } = userOf(this.#realm, user);
    if (port !== null && this.#realm.fence) {
      // After a restart of the machine it is not there, and the fence takes only what is.
      await this.cgroups.ensureApp(uid);
      await this.#call("closePort", { user, port });
    }
    await this.cgroups.remove({ uid, name });
  }

  /** Opens or closes an app's connections from now on. */
  async setNetwork(user: number, network: Network): Promise<void> {
    if (this.#realm.fence === null) return;
    await this.cgroups.ensureApp(userOf(this.#realm, user).uid);
    await this.#admit(user, network, null);
  }

  async setPorts(open: readonly number[], instances: PortRange): Promise<void> {
    this.#openPorts = open;
    this.#instancePorts = instances;
    await this.#openAll();
  }

  /** Which ports of the instances' what runs may have; null for all. */
  portsFor(own: number | null): VerbArguments<"startInstance">["ports"] {
    const { narrowsPorts } = this.#realm;
    return narrowsPorts && this.#instancePorts ? { ...this.#instancePorts, own } : null;
  }

  /** Ends everything of an app and forgets it. */
  async retire(user: number): Promise<void> {
    const { uid } = userOf(this.#realm, user);
    this.#admitted.delete(user);
    await this.cgroups.ensureApp(uid);
    await this.#call("retireUser", { user });
    await this.cgroups.removeApp(uid);
  }

  /** What nft says of the fence; where somebody had taken it down, all that it knew is said again. */
  async look(instances: KeptInstances): Promise<string | null> {
    const seen = await this.#call("lookAtFence", {});
    if (seen === null || !seen.isNew) return seen?.listing ?? null;
    this.#admitted.clear();
    await this.#openAll();
    for (const { id, kept } of await instances.all())
      for (const confined of confinedOf(id, kept)) {
        await this.putUp(confined);
        await this.openDoor(confined);
      }
    return (await this.#call("lookAtFence", {}))?.listing ?? null;
  }

  async #openAll(): Promise<void> {
    if (this.#realm.fence) await this.#call("setOpenPorts", { ports: [...this.#openPorts] });
  }

  async #admit(user: number, network: Network, port: number | null): Promise<void> {
    this.#admitted.delete(user);
    await this.#call("admitApp", { user, network, port });
    this.#admitted.set(user, network);
  }
}
