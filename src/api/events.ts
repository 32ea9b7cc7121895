import { z } from "zod";
import { Target } from "#domain/app.ts";
import { operation } from "./operation.ts";
import { EventView } from "./views.ts";

export const listEvents = operation({
  id: "events.list",
  method: "GET",
  path: "/events",
  summary: "Lists what happened and who did it, the newest first.",
  query: z.strictObject({
    target: Target.optional(),
    before: z.coerce
      .number<number | string>()
      .int()
      .positive()
      .optional()
      .describe("Only events older than the one with this id."),
    limit: z.coerce.number<number | string>().int().min(1).max(1000).default(50),
  }),
  result: z.array(EventView),
  errors: ["app_not_found", "branch_not_found"],
  needs: "apps:read",
});
