import type { Network } from "#domain/app.ts";
import type { Limits } from "#domain/limits.ts";
import type { Privileges, VerbArguments } from "#domain/privileges.ts";
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
  readonly #instances: KeptInstances;
  readonly #call: Privileges["call"];
  /** Nobody else changes the fence, so what was said once need not be said for each command. */
  readonly #admitted = new Map<number, Network>();
  #ports: VerbArguments<"setPorts"> | null = null;
  /** What of it was told last. */
  #toldPorts: VerbArguments<"setPorts"> | null = null;

  constructor(realm: Realm, cgroups: Cgroups, instances: KeptInstances, call: Privileges["call"]) {
    this.#realm = realm;
    this.cgroups = cgroups;
    this.#instances = instances;
    this.#call = call;
  }

  /** Before anything starts between them. Repeatable. */
  async putUp(confined: Confined): Promise<void> {
    const { uid } = userOf(this.#realm, confined.user);
    this.cgroups.create({ uid, name: confined.name }, confined.limits);
    const { user, network } = confined;
    if (network !== null && this.#admitted.get(user) !== network)
      await this.#admit(user, network, null);
  }

  /** Lets the router in: until then nobody reaches what stands between the walls. Repeatable. */
  async openDoor({ user, network, port }: Confined): Promise<void> {
    if (network !== null && port !== null) await this.#admit(user, network, port);
  }

  /** Ends what still runs between the walls and takes them away; the app's own stay. Repeatable. */
  async takeDown({ user, name, port }: Confined): Promise<void> {
    const { uid } = userOf(this.#realm, user);
    if (port !== null) {
      // The fence takes only a cgroup that is there.
      await this.cgroups.ensureApp(uid);
      await this.toldFence(() => this.#call("closePort", { user, port }));
    }
    await this.cgroups.remove({ uid, name });
  }

  /** Opens or closes an app's connections from now on. */
  async setNetwork(user: number, network: Network): Promise<void> {
    await this.cgroups.ensureApp(userOf(this.#realm, user).uid);
    await this.#admit(user, network, null);
  }

  async setPorts(ports: VerbArguments<"setPorts">): Promise<void> {
    // What is said again is told again.
    this.#ports = { ...ports };
    await this.toldFence(() => this.#tellPorts());
  }

  /** Ends all that stands between the walls of an app, and forgets it. Repeatable. */
  async forget(user: number): Promise<void> {
    const { uid } = userOf(this.#realm, user);
    this.#admitted.delete(user);
    await this.cgroups.ensureApp(uid);
    await this.mend();
    await this.#call("forgetApp", { user });
    await this.cgroups.removeApp(uid);
  }

  /**
   * Where somebody has taken the fence down, as who reloads the machine's other rules may, it is put
   * up again and told all that it knew; and what it could not be told is told again.
   */
  async mend(): Promise<void> {
    const seen = await this.#call("lookAtFence", {});
    if (seen?.isNew) this.#toldPorts = null;
    await this.#tellPorts();
    if (!seen?.isNew) return;
    this.#admitted.clear();
    for (const { id, kept } of await this.#instances.all()) {
      for (const confined of confinedOf(id, kept)) {
        await this.putUp(confined);
        await this.openDoor(confined);
      }
    }
  }

  /** Has the fence told something, which is put up again first where somebody took it down. */
  async toldFence(tell: () => Promise<unknown>): Promise<void> {
    try {
      await tell();
    } catch {
      await this.mend();
      await tell();
    }
  }

  /** Several may be at it at once, and end in any order: what was said last is what holds. */
  async #tellPorts(): Promise<void> {
    while (this.#ports && this.#toldPorts !== this.#ports) {
      const ports = this.#ports;
      await this.#call("setPorts", ports);
      this.#toldPorts = ports;
    }
  }

  async #admit(user: number, network: Network, port: number | null): Promise<void> {
    this.#admitted.delete(user);
    await this.toldFence(() => this.#call("admitApp", { user, network, port }));
    this.#admitted.set(user, network);
  }
}
