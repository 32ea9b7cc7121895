import { endSession, listSessions, setPassword, whoAmI } from "./account.ts";
import { appInfo, createApp, destroyApp, listApps, setNetwork } from "./apps.ts";
import { listAudit } from "./audit.ts";
import { changeConfigVars, listConfigVars, revealConfigVars } from "./config.ts";
import {
  createDeploy,
  createRepository,
  openRepository,
  readRepository,
  rebuild,
} from "./deploys.ts";
import { addDomain, listDomains, removeDomain } from "./domains.ts";
import { addDrain, listDrains, removeDrain } from "./drains.ts";
import { listEvents } from "./events.ts";
import { listInstances, restart, scale, startBranch, stopBranch } from "./instances.ts";
import { abortJob, jobEvents, jobInfo, listJobs } from "./jobs.ts";
import { addKey, listKeys, rebuildKeys, removeKey } from "./keys.ts";
import { changeLimits, listLimits } from "./limits.ts";
import { readLogs } from "./logs.ts";
import { metricsOverview, readBranchMetrics, readHostMetrics } from "./metrics.ts";
import {
  addNotification,
  listNotifications,
  removeNotification,
  setNotification,
  testNotification,
} from "./notifications.ts";
import type { Operation } from "./operation.ts";
import { cleanUp, platformStatus, rotateSecrets, shutDown } from "./platform.ts";
import { diffRelease } from "./release-diff.ts";
import { listReleases, releaseInfo, rollback } from "./releases.ts";
import { listScoreCards } from "./security.ts";
import { openStream } from "./stream.ts";
import {
  addTeam,
  grantAccess,
  listAccess,
  listMembers,
  listTeams,
  removeMember,
  removeTeam,
  revokeAccess,
  setMember,
  transferApp,
} from "./teams.ts";
import { addToken, listTokens, removeToken } from "./tokens.ts";
import { addUser, changeUser, createLink, listUsers, removeUser } from "./users.ts";
import { createRun, listCustomCommands } from "./runs.ts";

/** Everything that Berth can be asked for. */
export const operations: readonly Operation[] = [
  listApps,
  createApp,
  appInfo,
  setNetwork,
  destroyApp,
  listReleases,
  releaseInfo,
  diffRelease,
  rollback,
  listConfigVars,
  changeConfigVars,
  revealConfigVars,
  listInstances,
  scale,
  restart,
  stopBranch,
  startBranch,
  listLimits,
  changeLimits,
  listScoreCards,
  readLogs,
  readBranchMetrics,
  readHostMetrics,
  metricsOverview,
  createRun,
  listCustomCommands,
  listDrains,
  addDrain,
  removeDrain,
  listNotifications,
  addNotification,
  removeNotification,
  setNotification,
  testNotification,
  listDomains,
  addDomain,
  removeDomain,
  listKeys,
  addKey,
  removeKey,
  rebuildKeys,
  listEvents,
  createRepository,
  openRepository,
  readRepository,
  createDeploy,
  rebuild,
  listJobs,
  jobInfo,
  jobEvents,
  abortJob,
  openStream,
  platformStatus,
  cleanUp,
  rotateSecrets,
  shutDown,
  whoAmI,
  setPassword,
  listSessions,
  endSession,
  listUsers,
  addUser,
  changeUser,
  removeUser,
  createLink,
  listTeams,
  addTeam,
  removeTeam,
  listMembers,
  setMember,
  removeMember,
  listAccess,
  grantAccess,
  revokeAccess,
  transferApp,
  listTokens,
  addToken,
  removeToken,
  listAudit,
];
