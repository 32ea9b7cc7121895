import { appHandlers } from "./apps.ts";
import { configHandlers } from "./config.ts";
import { deployHandlers } from "./deploys.ts";
import { domainHandlers } from "./domains.ts";
import { drainHandlers } from "./drains.ts";
import { eventHandlers } from "./events.ts";
import type { Handler } from "./handle.ts";
import { instanceHandlers } from "./instances.ts";
import { jobHandlers } from "./jobs.ts";
import { keyHandlers } from "./keys.ts";
import { limitHandlers } from "./limits.ts";
import { logHandlers } from "./logs.ts";
import { metricsHandlers } from "./metrics.ts";
import { peopleHandlers } from "./people.ts";
import { notificationHandlers } from "./notifications.ts";
import { platformHandlers } from "./platform.ts";
import { releaseHandlers } from "./releases.ts";
import { runHandlers } from "./runs.ts";
import { securityHandlers } from "./security.ts";
import { streamHandlers } from "./stream.ts";
import { teamHandlers } from "./teams.ts";

/** One handler for each operation of `api/operations.ts`. */
export const handlers: readonly Handler[] = [
  ...appHandlers,
  ...releaseHandlers,
  ...configHandlers,
  ...instanceHandlers,
  ...limitHandlers,
  ...securityHandlers,
  ...logHandlers,
  ...metricsHandlers,
  ...drainHandlers,
  ...notificationHandlers,
  ...runHandlers,
  ...domainHandlers,
  ...keyHandlers,
  ...eventHandlers,
  ...deployHandlers,
  ...jobHandlers,
  ...streamHandlers,
  ...platformHandlers,
  ...peopleHandlers,
  ...teamHandlers,
];
