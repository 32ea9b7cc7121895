import { rightsInTeam, rightsOn, type AppRef, type Caller } from "./caller.ts";
import type { Right } from "./rights.ts";

/**
 * What an operation needs, as `of:right`: `app` is the app that the input names, or all of a team
 * that it names instead; `apps` means that
 * the answer is cut down to the apps on which the caller has the right; `team` and `teams` likewise.
 * `own` is about the caller's own account, and `own:change` is refused to tokens, so that none can
 * make itself last longer or reach further.
 */
export type Need =
  | `app:${Right}`
  | `apps:${Right}`
  | "team:read"
  | "team:admin"
  | "teams:read"
  | "installation:read"
  | "installation:admin"
  | "own:read"
  | "own:change";

/** What the input names: an app or a team with what it is, null when there is no such thing. */
export type Reach = { readonly app?: AppRef | null; readonly team?: number | null };

/** `unknown` is answered exactly as for something that does not exist. */
export type Verdict = "allowed" | "denied" | "unknown";

/** Whether a caller may do what needs `need`, with what the input names. Anything else is denied. */
export function authorize(caller: Caller, need: Need, reach: Reach): Verdict {
  // A need is two words with a colon between them.
  const [of, right] = need.split(":") as [string, Right];
  switch (of) {
    case "own":
      return need === "own:change" && caller.kind === "token" ? "denied" : "allowed";
    case "installation":
      return verdictOf(caller.access.everywhere, right);
    case "team":
      return ofTeam(caller, right, reach.team);
    case "app":
      return ofAppOrTeam(caller, right, reach);
    case "apps":
      return reach.app === undefined ? "allowed" : ofApp(caller, right, reach.app);
    case "teams":
      return "allowed";
    default:
      return "denied";
  }
}

function ofAppOrTeam(caller: Caller, right: Right, { app, team }: Reach): Verdict {
  return team === undefined ? ofApp(caller, right, app) : ofTeam(caller, right, team);
}

/** Undefined when no app is named, which then means all of them. */
function ofApp({ access }: Caller, right: Right, app: AppRef | null | undefined): Verdict {
  if (app === undefined) return verdictOf(access.everywhere, right);
  if (app === null) return "unknown";
  const rights = rightsOn(access, app);
  return rights.has("read") ? verdictOf(rights, right) : "unknown";
}

function ofTeam({ access }: Caller, right: Right, team: number | null | undefined): Verdict {
  if (team === undefined) return verdictOf(access.everywhere, right);
  if (team === null) return "unknown";
  const rights = rightsInTeam(access, team);
  return rights.has("read") ? verdictOf(rights, right) : "unknown";
}

function verdictOf(rights: ReadonlySet<Right>, right: Right): Verdict {
  return rights.has(right) ? "allowed" : "denied";
}
