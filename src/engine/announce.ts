import { targetOf } from "#domain/branch.ts";
import type { App } from "#domain/app.ts";
import { whoseOf, type Change, type ChangeListener } from "#domain/changes.ts";
import type { Notification } from "#domain/notification.ts";
import type { Store } from "#domain/store.ts";
import { announcingPeople, saysOf } from "./announce-people.ts";
import { after } from "./feed.ts";

/**
 * The same store, which tells of each change once it is on the disk: within a transaction, when
 * the outermost one has ended well. So nobody polls, and no verb has to think of who looks on.
 */
export function announcing(store: Store, tell: ChangeListener): Store {
  const { say, transaction } = heldBack(store, tell);
  const { jobs, events, domains } = store;
  const sayApp = (app: string) => say({ of: "app", app, isGone: false });
  const sayJob = (id: number) => say({ of: "job", job: id });
  return {
    ...store,
    transaction,
    apps: announcingApps(store, say),
    branches: announcingBranches(store, sayApp),
    instances: announcingInstances(store, say),
    drains: announcingDrains(store, say),
    ...announcingNotifications(store, say),
    ...announcingPeople(store, say),
    jobs: {
      ...jobs,
      add: (row) => after(jobs.add(row), ({ id }) => sayJob(id)),
      update: (id, patch) => after(jobs.update(id, patch), () => sayJob(id)),
      setStatus: (id, status, facts) => after(jobs.setStatus(id, status, facts), () => sayJob(id)),
    },
    events: {
      ...events,
      add: (row) => after(events.add(row), (event) => say({ of: "event", event })),
    },
    domains: {
      ...domains,
      set: (domain) => {
        domains.set(domain);
        const apps = domain.config.locations.map(({ upstream }) => upstream.app);
        for (const app of new Set(apps)) sayApp(app);
      },
    },
  };
}

function announcingApps(store: Store, say: ChangeListener): Store["apps"] {
  const { apps } = store;
  const says = saysOf(store, say);
  const sayApp = (app: App | null, isGone: boolean) => {
    if (app) say({ of: "app", app: app.name, isGone });
  };
  // A team tells how many apps it has.
  const sayTeam = (app: App | null) => app && says.team(app.teamId);
  const sayListed = (app: App | null, isGone: boolean) => {
    sayApp(app, isGone);
    sayTeam(app);
  };
  return {
    ...apps,
    add: (row) => after(apps.add(row), (app) => sayListed(app, false)),
    update: (id, patch) => {
      const before = apps.get(id);
      apps.update(id, patch);
      sayApp(apps.get(id), false);
      if (patch.teamId === undefined) return;
      says.access(id);
      sayTeam(before);
      sayTeam(apps.get(id));
    },
    markDestroying: (id, at) =>
      after(apps.markDestroying(id, at), () => sayListed(apps.get(id), true)),
  };
}

function announcingBranches({ branches }: Store, sayApp: (app: string) => void): Store["branches"] {
  const appOf = (id: number) => branches.get(id)?.appName;
  const sayAppOf = (app: string | undefined) => void (app === undefined || sayApp(app));
  return {
    ...branches,
    add: (row) => after(branches.add(row), ({ appName }) => sayApp(appName)),
    update: (id, patch) => after(branches.update(id, patch), () => sayAppOf(appOf(id))),
    remove: (id) => {
      const app = appOf(id);
      branches.remove(id);
      sayAppOf(app);
    },
  };
}

function announcingInstances(
  { instances, branches }: Store,
  say: ChangeListener,
): Store["instances"] {
  const branchOf = (id: number) => instances.get(id)?.branchId;
  const sayInstances = (branchId: number | undefined) => {
    const branch = branchId === undefined ? null : branches.get(branchId);
    if (!branch) return;
    say({ of: "instances", app: branch.appName, target: targetOf(branch) });
    say({ of: "app", app: branch.appName, isGone: false });
  };
  return {
    ...instances,
    add: (row) => after(instances.add(row), () => sayInstances(row.branchId)),
    update: (id, patch) => after(instances.update(id, patch), () => sayInstances(branchOf(id))),
    remove: (id) => {
      const branchId = branchOf(id);
      instances.remove(id);
      sayInstances(branchId);
    },
  };
}

function announcingDrains({ drains, branches }: Store, say: ChangeListener): Store["drains"] {
  const sayDrains = (branchId: number | undefined) => {
    const branch = branchId === undefined ? null : branches.get(branchId);
    if (!branch) return;
    say({ of: "drains", target: targetOf(branch), whose: { appId: branch.appId } });
  };
  return {
    ...drains,
    add: (row) => after(drains.add(row), ({ branchId }) => sayDrains(branchId)),
    update: (id, patch) =>
      after(drains.update(id, patch), () => sayDrains(drains.get(id)?.branchId)),
    remove: (id) => {
      const branchId = drains.get(id)?.branchId;
      drains.remove(id);
      sayDrains(branchId);
    },
  };
}

/** Messages that wait are part of how a notification does. */
function announcingNotifications(
  { notifications, deliveries, apps, people }: Store,
  say: ChangeListener,
): Pick<Store, "notifications" | "deliveries"> {
  const sayOf = (row: Notification | null) => {
    if (!row) return;
    const { appId, teamId } = row;
    const target = appId === null ? null : (apps.get(appId)?.name ?? null);
    const team = teamId === null ? null : (people.teams.get(teamId)?.name ?? null);
    say({ of: "notifications", target, team, whose: whoseOf(row) });
  };
  const sayId = (id: number) => sayOf(notifications.get(id));
  return {
    notifications: {
      ...notifications,
      add: (row) => after(notifications.add(row), sayOf),
      update: (id, patch) => after(notifications.update(id, patch), () => sayId(id)),
      remove: (id) => {
        const removed = notifications.get(id);
        notifications.remove(id);
        sayOf(removed);
      },
    },
    deliveries: {
      ...deliveries,
      add: (row) => after(deliveries.add(row), () => sayId(row.notificationId)),
    },
  };
}

/** Keeps what is said back while a transaction is open, and drops it when that fails. */
function heldBack(
  store: Store,
  tell: ChangeListener,
): { say: ChangeListener; transaction: Store["transaction"] } {
  let depth = 0;
  let held: Change[] = [];
  return {
    say: (change) => void (depth > 0 ? held.push(change) : tell(change)),
    transaction: (work) => {
      const before = held.length;
      depth += 1;
      try {
        return store.transaction(work);
      } catch (error) {
        held.length = before;
        throw error;
      } finally {
        depth -= 1;
        if (depth === 0) {
          const told = held;
          held = [];
          for (const change of told) tell(change);
        }
      }
    },
  };
}
