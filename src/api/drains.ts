import { z } from "zod";
import { Target } from "#domain/app.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { Timestamp } from "./views.ts";

const DrainView = z.object({
  id: z.int(),
  target: z.string(),
  url: z.string().describe("Without what may be a password or a token in it."),
  actor: z.string().describe("Who added it."),
  createdAt: Timestamp,
  sentLines: z.int(),
  waitingBytes: z.int().describe("How much of the logs has not been sent yet."),
  skippedBytes: z.int().describe("How much was passed over, as it was too much for the receiver."),
  lastSuccessAt: Timestamp.nullable(),
  lastError: z.string().nullable().describe("Why the last try failed; null when it did not."),
});
export type DrainView = z.infer<typeof DrainView>;

const params = z.strictObject({ target: Target });

export const listDrains = list({
  id: "drains.list",
  path: "/apps/:target/drains",
  summary: "Lists where the logs of a branch are sent, and how that goes.",
  params,
  item: DrainView,
  errors: ["app_not_found", "branch_not_found"],
  needs: "app:read",
});

export const addDrain = operation({
  id: "drains.add",
  method: "POST",
  path: "/apps/:target/drains",
  summary: "Sends what instances and jobs print and the router answers somewhere, from now on.",
  params,
  body: z.strictObject({
    url: z
      .string()
      .max(2000)
      .describe("syslog+tls://, syslog://, https://, http://, loki+https:// or loki+http://"),
    ca: z
      .string()
      .max(100_000)
      .optional()
      .describe("Certificates to trust instead of the system's, as PEM."),
  }),
  result: DrainView,
  errors: ["app_not_found", "branch_not_found", "address_refused", "too_many_drains"],
  needs: "app:configure",
});

export const removeDrain = operation({
  id: "drains.remove",
  method: "DELETE",
  path: "/apps/:target/drains/:drain",
  summary: "Sends the logs there no more.",
  params: params.extend({
    drain: z.coerce.number<number | string>().int().positive().describe("Its number."),
  }),
  result: z.object({ removed: z.literal(true) }),
  errors: ["app_not_found", "branch_not_found", "drain_not_found"],
  needs: "app:configure",
});
