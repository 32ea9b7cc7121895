import { z } from "zod";
import { Target } from "#domain/app.ts";
import { eventCatalog, type EventType } from "#domain/events.ts";
import { list, oneOf } from "./list.ts";
import { EventView } from "./views.ts";

// The keys of the catalogue are the types.
const eventTypes = Object.keys(eventCatalog) as [EventType, ...EventType[]];
const moment = z.iso.datetime({ offset: true, message: "write a moment as 2026-03-01T12:00:00Z" });

export const listEvents = list({
  id: "events.list",
  path: "/events",
  summary: "Lists what happened and who did it, the newest first.",
  item: EventView,
  filters: {
    target: Target.optional().describe("Of an app with all its branches, or of one: app@branch."),
    type: oneOf(z.enum(eventTypes)).describe("Only of these types."),
    actor: oneOf(z.string().min(1)).describe("Only by these actors."),
    since: moment.optional().describe("Only from this moment on."),
    until: moment.optional().describe("Only up to this moment."),
  },
  limit: 50,
  errors: ["branch_not_found"],
  needs: "apps:read",
});
