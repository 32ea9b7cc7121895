import { listSessions } from "./account.ts";
import { listAudit } from "./audit.ts";
import { listDrains } from "./drains.ts";
import { listKeys } from "./keys.ts";
import { metricsOverview } from "./metrics.ts";
import { listNotifications } from "./notifications.ts";
import { listAccess, listTeams } from "./teams.ts";
import { listTokens } from "./tokens.ts";
import { listUsers } from "./users.ts";

/** Lists of which the stream only tells that they are not as they were, by the type of its event. */
export const noticed = {
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
};
