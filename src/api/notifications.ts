import { z } from "zod";
import { AppName } from "#domain/app.ts";
import { EventTypeName, notificationKinds } from "#domain/notification.ts";
import { TeamName } from "#domain/team.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { Timestamp } from "./views.ts";

const NotificationView = z.object({
  id: z.int(),
  target: z.string().nullable().describe("The app whose events it is told."),
  team: z.string().nullable().describe("The team of whose apps it is told; of all without either."),
  kind: z.enum(notificationKinds),
  address: z.string().describe("Without what may be a token in it."),
  events: z.array(EventTypeName),
  actor: z.string().describe("Who added it."),
  createdAt: Timestamp,
  lastSuccessAt: Timestamp.nullable(),
  lastError: z.string().nullable().describe("Why the last try failed; null when it did not."),
  waiting: z.int().describe("Messages that are still to be taken."),
});
export type NotificationView = z.infer<typeof NotificationView>;

// What is missing of one is said by what sends to it.
const Address = z.string().max(2000).describe("A URL, or a mail address.");
const whose = {
  target: AppName.optional().describe("The app; the whole installation without app and team."),
  team: TeamName.optional().describe("Instead of an app: all apps of a team."),
};
const one = {
  params: z.strictObject({
    notification: z.coerce.number<number | string>().int().positive().describe("Its number."),
  }),
  query: z.strictObject(whose),
};

export const listNotifications = list({
  id: "notifications.list",
  path: "/notifications",
  summary: "Lists who is told of events of an app, a team's apps, or the installation.",
  filters: whose,
  item: NotificationView,
  errors: ["app_not_found", "team_not_found"],
  needs: "app:configure",
});

export const addNotification = operation({
  id: "notifications.add",
  method: "POST",
  path: "/notifications",
  summary: "Tells somebody of events: a signed webhook, a chat, or a mail address.",
  body: z.strictObject({
    ...whose,
    kind: z.enum(notificationKinds),
    address: Address,
    events: z
      .array(EventTypeName)
      .min(1)
      .optional()
      .describe("Which events; by default those that people usually want to hear of."),
  }),
  result: z.object({
    notification: NotificationView,
    signingSecret: z
      .string()
      .nullable()
      .describe("With which a webhook's requests are signed; it is shown only here."),
  }),
  errors: ["app_not_found", "team_not_found", "address_refused", "mail_not_set_up"],
  needs: "app:configure",
});

export const setNotification = operation({
  id: "notifications.set",
  method: "PATCH",
  path: "/notifications/:notification",
  summary: "Tells somebody of other events, or at another address; a webhook keeps its secret.",
  ...one,
  body: z
    .strictObject({
      address: Address.optional(),
      events: z.array(EventTypeName).min(1).optional().describe("All that it is to be told of."),
    })
    .refine((body) => Object.keys(body).length > 0, "say what to change: address or events"),
  result: NotificationView,
  errors: [
    "app_not_found",
    "team_not_found",
    "notification_not_found",
    "address_refused",
    "mail_not_set_up",
  ],
  needs: "app:configure",
});

export const removeNotification = operation({
  id: "notifications.remove",
  method: "DELETE",
  path: "/notifications/:notification",
  summary: "Tells somebody of events no more.",
  ...one,
  result: z.object({ removed: z.literal(true) }),
  errors: ["app_not_found", "team_not_found", "notification_not_found"],
  needs: "app:configure",
});

export const testNotification = operation({
  id: "notifications.test",
  method: "POST",
  path: "/notifications/:notification/test",
  summary: "Sends a test message at once, and says what came back.",
  ...one,
  result: z.object({ taken: z.literal(true) }),
  errors: ["app_not_found", "team_not_found", "notification_not_found", "notification_failed"],
  needs: "app:configure",
});
