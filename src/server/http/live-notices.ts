import { listSessions } from "#api/account.ts";
import { listAudit } from "#api/audit.ts";
import { listDrains } from "#api/drains.ts";
import { listKeys } from "#api/keys.ts";
import { metricsOverview } from "#api/metrics.ts";
import { listNotifications } from "#api/notifications.ts";
import { listAccess, listTeams } from "#api/teams.ts";
import { listTokens } from "#api/tokens.ts";
import { listUsers } from "#api/users.ts";
import type { Caller } from "#domain/caller.ts";
import type { Notice } from "#domain/changes.ts";
import type { Right } from "#domain/rights.ts";
import type { People } from "#engine/people/people.ts";

const lists = {
  drains: listDrains,
  notifications: listNotifications,
  access: listAccess,
  teams: listTeams,
  users: listUsers,
  keys: listKeys,
  tokens: listTokens,
  sessions: listSessions,
  audit: listAudit,
  metrics: metricsOverview,
} satisfies Record<Notice["of"], unknown>;

/** Whether a caller may see the list that a notice is of. */
export function mayHear(people: People, caller: Caller, { of, whose }: Notice): boolean {
  const [, right] = lists[of].needs.split(":");
  // The second word of what an operation needs is a right.
  return people.hasRight(caller, right as Right, whose);
}

/** Lines are sent many times a second; whoever looks on asks again after each notice. */
const gatherMs = 500;

/** Tells of each thing once, however often it was noted meanwhile. */
export function gatherNotices(tell: (notice: Notice) => void): (notice: Notice) => void {
  const waiting = new Map<string, Notice>();
  const flush = () => {
    const told = [...waiting.values()];
    waiting.clear();
    for (const notice of told) tell(notice);
  };
  return (notice) => {
    if (waiting.size === 0) setTimeout(flush, gatherMs).unref();
    waiting.set(JSON.stringify(notice), notice);
  };
}
