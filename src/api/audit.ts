import { z } from "zod";
import { AppName } from "#domain/app.ts";
import { auditOutcomes } from "#domain/audit.ts";
import { list, oneOf } from "./list.ts";
import { AuditView } from "./people-views.ts";
import { Timestamp } from "./views.ts";

export const listAudit = list({
  id: "audit.list",
  path: "/audit",
  summary: "Lists who changed what, from where and how it ended, the newest first.",
  item: AuditView,
  filters: {
    target: AppName.optional().describe("Only of this app."),
    actor: oneOf(z.string().min(1)).describe("Only by these, as events name them."),
    operation: oneOf(z.string().min(1)).describe("Only of these, such as config.change."),
    outcome: oneOf(z.enum(auditOutcomes)).describe("Only with these outcomes."),
    since: Timestamp.optional().describe("Only from this moment on."),
    until: Timestamp.optional().describe("Only up to this moment."),
  },
  limit: 50,
  errors: ["app_not_found"],
  needs: "apps:admin",
});
