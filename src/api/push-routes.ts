import type { Route } from "./operation.ts";

/**
 * Where the operations of a push are found. They stand apart from their declarations so that the
 * git hook, which is started for every push, can call them without loading any schema.
 */
export const pushRoutes = {
  createRepository: { method: "POST", path: "/repositories" },
  openRepository: { method: "POST", path: "/apps/:app/repository" },
  readRepository: { method: "GET", path: "/apps/:app/repository" },
  createDeploy: { method: "POST", path: "/apps/:app/deploys" },
  followJob: { method: "GET", path: "/jobs/:job/events", stream: true },
} as const satisfies Record<string, Route>;
