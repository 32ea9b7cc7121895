import { parseTarget } from "#domain/app.ts";
import { authorize, type Need, type Reach } from "#domain/authorize.ts";
import { isSuperuser, rightsInTeam, type AppRef, type Caller } from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Store } from "#domain/store.ts";
import { appRefOf } from "./callers.ts";

/** What an operation's input names, as it was written. */
export type Named = {
  /** `shop` or `shop@staging`. */
  readonly app?: string | undefined;
  readonly job?: number | undefined;
  readonly team?: string | undefined;
};

type Context = { readonly store: Store };

/**
 * Lets a caller through, or says why not: what they may not even see is answered as if it were not
 * there. Gives what was named as it was found.
 * @throws {PlatformError} `right_missing`, `not_permitted`, or the same as for an unknown thing.
 */
export function permit(context: Context, caller: Caller, need: Need, named: Named): Reach {
  const reach = reachOf(context, caller, need, named);
  const verdict = authorize(caller, need, reach);
  if (verdict === "allowed") return reach;
  throw verdict === "unknown" ? unknown(named) : denied(caller, need, named);
}

function reachOf({ store }: Context, caller: Caller, need: Need, named: Named): Reach {
  if (named.team !== undefined) return { team: store.people.teams.named(named.team)?.id ?? null };
  if (need === "team:admin") return onlyTeam({ store }, caller);
  // Whoever may do everything is told by the operation itself what is not there.
  if (isSuperuser(caller)) return {};
  if (named.job !== undefined) return { app: appOfJob(store, named.job) };
  return named.app === undefined ? {} : { app: appRefOf(store, parseTarget(named.app).app) };
}

/** By its id: another app may have the name by now. */
function appOfJob(store: Store, id: number): AppRef | null {
  const appId = store.jobs.get(id)?.appId ?? null;
  const app = appId === null ? null : store.apps.get(appId);
  return app && { id: app.id, teamId: app.teamId };
}

/** The team that is meant when none is named: the one that the caller rules, if it is one. */
function onlyTeam({ store }: Context, caller: Caller): Reach {
  if (isSuperuser(caller)) return {};
  const ruled = store.people.teams
    .list()
    .filter(({ id }) => rightsInTeam(caller.access, id).has("admin"));
  const [only] = ruled;
  return ruled.length === 1 && only ? { team: only.id } : {};
}

function unknown({ app, job, team }: Named): PlatformError {
  if (team !== undefined) return new PlatformError("team_not_found", { team });
  if (job !== undefined) return new PlatformError("job_not_found", { job });
  return new PlatformError("app_not_found", { app: parseTarget(app ?? "").app });
}

function denied({ actor, kind }: Caller, need: Need, named: Named): PlatformError {
  if (need.startsWith("own:")) {
    return new PlatformError("not_permitted", { actor: kind === "token" ? "A token" : actor });
  }
  const [of, right = ""] = need.split(":");
  const team = named.team === undefined ? "a team" : `the team ${named.team}`;
  const ofApp = named.app ?? (named.job === undefined ? "all apps" : `job ${named.job}`);
  const isTeam = of === "team" || named.team !== undefined;
  const what = isTeam ? team : of === "installation" ? "this installation" : ofApp;
  return new PlatformError("right_missing", { actor, right, what });
}
