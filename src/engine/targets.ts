import { parseTarget, type App } from "#domain/app.ts";
import { targetOf, type Branch } from "#domain/branch.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Release } from "#domain/release.ts";
import type { Store } from "#domain/store.ts";
import type { Team } from "#domain/team.ts";

/** @throws {PlatformError} `app_not_found`, or `invalid_input` for what cannot be a name. */
export function appNamed(store: Store, name: string): App {
  const { app } = parseTarget(name);
  const found = store.apps.named(app);
  if (!found) throw new PlatformError("app_not_found", { app });
  return found;
}

/** @throws {PlatformError} `team_not_found` */
export function teamNamed({ people }: Pick<Store, "people">, name: string): Team {
  const team = people.teams.named(name);
  if (!team) throw new PlatformError("team_not_found", { team: name });
  return team;
}

/** @throws {PlatformError} `too_many_apps` when a team may have no more. */
export function requireRoom({ apps, people }: Store, teamId: number, most: number): void {
  const count = apps.list().filter((app) => app.teamId === teamId).length;
  const team = people.teams.get(teamId)?.name ?? "";
  if (count >= most) throw new PlatformError("too_many_apps", { team, count, most });
}

/** The branch that `shop` or `shop@staging` names. @throws {PlatformError} `branch_not_found` */
export function branchAt(store: Store, target: string): Branch {
  const { branch: name } = parseTarget(target);
  const app = appNamed(store, target);
  const branches = store.branches.of(app.id);
  const found = branches.find((it) => (name === null ? it.isDefault : it.name === name));
  if (!found) {
    const known = branches.map((it) => it.name).join(", ") || "none yet";
    throw new PlatformError("branch_not_found", {
      app: app.name,
      branch: name ?? "by default",
      branches: known,
    });
  }
  return found;
}

/** @throws {PlatformError} `never_deployed` */
export function currentRelease(store: Store, branch: Branch): Release {
  const release = currentIfDeployed(store, branch);
  if (!release) throw neverDeployed(branch);
  return release;
}

export function currentIfDeployed(
  { releases }: Pick<Store, "releases">,
  { currentReleaseId }: Branch,
): Release | null {
  return currentReleaseId === null ? null : releases.get(currentReleaseId);
}

/** Refuses to change by command what a configuration file says. */
export function refuseManaged(store: Store, branch: Branch, what: string): void {
  const app = store.apps.get(branch.appId);
  if (app) refuseManagedApp(app, what);
}

/** Whether a file says what is wanted of a branch, so that no command's word stays. */
export function isManaged(store: Store, { appId }: Pick<Branch, "appId">): boolean {
  return (store.apps.get(appId)?.managedBy ?? null) !== null;
}

export function refuseManagedApp({ managedBy }: App, what: string): void {
  if (managedBy) throw new PlatformError("managed_by_file", { what, file: managedBy });
}

/** What is said of a branch that has no release: `git push berth staging` makes the first one. */
export function neverDeployed(
  branch: Pick<Branch, "appName" | "name" | "isDefault">,
): PlatformError {
  const remote = `berth ${branch.name}`;
  return new PlatformError("never_deployed", { target: targetOf(branch), remote });
}
