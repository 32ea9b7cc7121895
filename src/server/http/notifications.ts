import {
  addNotification,
  listNotifications,
  removeNotification,
  testNotification,
} from "#api/notifications.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { pageOf } from "./page.ts";

export const notificationHandlers: readonly Handler[] = [
  handleList(listNotifications, async ({ query }, engine) =>
    pageOf(await engine.listNotifications(query.target ?? null), query, ({ id }) => id),
  ),
  handle(addNotification, ({ body, actor }, engine) =>
    engine.addNotification(
      { ...body, target: body.target ?? null, events: body.events ?? null },
      actor,
    ),
  ),
  handle(removeNotification, async ({ params, query, actor }, engine) => {
    await engine.removeNotification(query.target ?? null, params.notification, actor);
    return { removed: true as const };
  }),
  handle(testNotification, async ({ params, query, actor }, engine) => {
    await engine.testNotification(query.target ?? null, params.notification, actor);
    return { taken: true as const };
  }),
];
