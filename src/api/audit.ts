import { z } from "zod";
import { AppName } from "#domain/app.ts";
import { auditOutcomes } from "#domain/audit.ts";
import { operation } from "./operation.ts";
import { AuditView } from "./people-views.ts";
import { Timestamp } from "./views.ts";

const integer = z.coerce.number<number | string>().int();

export const listAudit = operation({
  id: "audit.list",
  method: "GET",
  path: "/audit",
  summary: "Lists who changed what, from where and how it ended, the newest first.",
  query: z.strictObject({
    app: AppName.optional(),
    actor: z.string().max(200).optional().describe("Who did it, as events name them."),
    operation: z.string().max(80).optional().describe("Such as config.change."),
    outcome: z.enum(auditOutcomes).optional(),
    since: Timestamp.optional().describe("Only from this moment on."),
    until: Timestamp.optional().describe("Only up to this moment."),
    before: integer.positive().optional().describe("Only entries older than the one with this id."),
    limit: integer.min(1).max(1000).default(50),
  }),
  result: z.array(AuditView),
  errors: ["app_not_found"],
  needs: "apps:admin",
});
