import { UserNumber, userRange } from "./app-user.ts";

/** A Linux user and its group. */
export type Ids = { readonly uid: number; readonly gid: number };

/**
 * What is ours on this machine: the users that a home's apps may have, and what was put up around
 * them when Berth was started. berth-root keeps to it, berthd works within it.
 */
export type Realm = {
  /** Who berthd is: reads what is built, and keeps the logs. */
  readonly account: Ids;
  /** The first uid of the home's range; null for an ordinary user, whose apps have no users. */
  readonly usersFrom: number | null;
  /** Parts of the machine's cgroups in which the account makes those of apps. */
  readonly cgroups: readonly CgroupPlace[];
  readonly fence: FencePlace | null;
  /** Why there is none. */
  readonly fenceProblem: string | null;
  /** Programs are kept from the abstract unix sockets of others. */
  readonly scopesSockets: boolean;
  /** The kernel's map of the ports that are given to instances, by number; null where it keeps none. */
  readonly portsMap: number | null;
  /** The kernel counts the sockets of each app, and refuses too many. */
  readonly countsSockets: boolean;
};

/** Berth's part of one hierarchy of cgroups. */
export type CgroupPlace = {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  /** Holds a folder for each app, and that one for each of its cgroups. */
  readonly apps: string;
  /** Where the platform's own processes stand: in a cgroup beside the apps, or outside of Berth's part. */
  readonly standing: string;
};

/** Rules of nft, by which the kernel decides who may connect to whom. */
export type FencePlace = {
  /** `inet <name>` */
  readonly table: string;
  /** The chain that is there with just these rules. */
  readonly version: string;
  /** Chains that hold rules; without one of them, or with an empty one, the fence has a hole. */
  readonly chains: readonly string[];
  /** What nft loads to put all of it up. */
  readonly file: string;
  /** The folder of all apps' cgroups, as nft names it: below /sys/fs/cgroup. */
  readonly apps: string;
};

/** A cgroup of one instance or one command: whose it is, and a name that is unique for it. */
export type CgroupName = { readonly uid: number; readonly name: string };

/** Every app may ask for names. */
export const dnsPort = 53;

/** The realm of an ordinary user, who may put nothing up. */
export function ownRealm(account: Ids, scopesSockets: boolean): Realm {
  const fenceProblem = "only root can set it up";
  const none = { usersFrom: null, cgroups: [], fence: null, fenceProblem, portsMap: null };
  return { account, ...none, scopesSockets, countsSockets: false };
}

/** The uids of a home's apps. @throws {RangeError} when it has no such range. */
export function usersIn({ usersFrom }: Pick<Realm, "usersFrom">): {
  readonly first: number;
  readonly last: number;
} {
  const first = usersFrom ?? Number.NaN;
  const { first: least, end, ofHome } = userRange;
  if (!(first >= least && first < end && first % ofHome === 0))
    throw new RangeError(`${usersFrom} begins no range of users`);
  return { first, last: first + ofHome - 1 };
}

/** The user of an app; without users it is the account itself. */
export function userOf(realm: Realm, userNumber: number): Ids {
  if (realm.usersFrom === null) return realm.account;
  const uid = usersIn(realm).first + UserNumber.parse(userNumber);
  return { uid, gid: uid };
}

/** Owns what is sealed, and runs nothing else: what it may not change is not ours. */
export function keeperUid({ usersFrom, account }: Realm): number {
  return usersFrom ?? account.uid;
}

/** The folder of an app's cgroups. */
export function appCgroup({ apps }: Pick<CgroupPlace, "apps">, uid: number): string {
  if (!Number.isSafeInteger(uid) || uid <= 0) throw new RangeError(`${uid} is no uid of an app`);
  return `${apps}/u${uid}`;
}

export function cgroupFolder(place: Pick<CgroupPlace, "apps">, { uid, name }: CgroupName): string {
  if (!/^[a-z][a-z0-9-]{0,80}$/.test(name)) throw new RangeError(`${name} is no name of a cgroup`);
  return `${appCgroup(place, uid)}/${name}`;
}

/**
 * Files into which a process writes 0, for itself, to join, before it does anything else. In version
 * 1 that of single threads, as moving only oneself is what the kernel does at once; in version 2
 * threads may not leave their process.
 */
export function joinFiles({ cgroups }: Pick<Realm, "cgroups">, cgroup: CgroupName): string[] {
  return cgroups.map((place) => {
    const file = place.version === 1 ? "tasks" : "cgroup.procs";
    return `${cgroupFolder(place, cgroup)}/${file}`;
  });
}

/** The file that counts kills for lack of memory; null where nothing counts them. */
export function memoryEventsFile(
  { cgroups }: Pick<Realm, "cgroups">,
  cgroup: CgroupName,
): string | null {
  const place = cgroups.find(({ controllers }) => controllers.includes("memory"));
  const name = place?.version === 2 ? "memory.events" : "memory.oom_control";
  return place ? `${cgroupFolder(place, cgroup)}/${name}` : null;
}
