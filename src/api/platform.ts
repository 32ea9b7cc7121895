import { z } from "zod";
import { HostSettings } from "#domain/host-config.ts";
import { operation } from "./operation.ts";
import { ChangeView, Timestamp } from "./views.ts";

const ConfigProblemView = z.object({
  severity: z.enum(["error", "warning"]).describe("A file with an error stays as it was before."),
  file: z.string(),
  line: z.int().describe("0 for the file as a whole."),
  key: z.string(),
  problem: z.string(),
  fix: z.string(),
});

export const StatusView = z.object({
  version: z.string(),
  home: z.string(),
  account: z.string(),
  settings: HostSettings,
  startedAt: Timestamp,
  apps: z.int(),
  instances: z.int(),
  isolation: z.array(z.object({ what: z.string(), inForce: z.boolean() })),
  problems: z.array(ConfigProblemView).describe("Mistakes in configuration files."),
});
export type StatusView = z.infer<typeof StatusView>;

export const platformStatus = operation({
  id: "platform.status",
  method: "GET",
  path: "/status",
  summary: "Shows what this Berth is, how it protects apps, and what is wrong with its files.",
  result: StatusView,
  errors: [],
  needs: "installation:read",
});

export const cleanUp = operation({
  id: "platform.cleanup",
  method: "POST",
  path: "/cleanup",
  summary: "Removes what configuration files no longer name.",
  result: ChangeView,
  errors: [],
  needs: "installation:admin",
});

export const rotateSecrets = operation({
  id: "secrets.rotate",
  method: "POST",
  path: "/secrets/rotate",
  summary: "Encrypts every secret with a new key, and takes the old key away.",
  result: z.object({ key: z.string().describe("Name of the new key; the key stays where it is.") }),
  errors: ["secret_unreadable"],
  needs: "installation:admin",
});

export const shutDown = operation({
  id: "platform.shutdown",
  method: "POST",
  path: "/shutdown",
  summary: "Stops every instance gracefully and takes no more work.",
  result: z.object({ stopped: z.literal(true) }),
  errors: [],
  needs: "installation:admin",
  localOnly: true,
});
