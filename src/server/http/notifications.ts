import {
  addNotification,
  listNotifications,
  removeNotification,
  setNotification,
  testNotification,
} from "#api/notifications.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Told } from "#engine/receivers.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { pageOf } from "./page.ts";

export const notificationHandlers: readonly Handler[] = [
  handleList(listNotifications, async ({ query }, engine) =>
    pageOf(await engine.listNotifications(toldOf(query)), query, ({ id }) => id),
  ),
  handle(addNotification, ({ body, actor }, engine) =>
    engine.addNotification({ ...body, ...toldOf(body), events: body.events ?? null }, actor),
  ),
  handle(setNotification, ({ params, query, body, actor }, engine) =>
    engine.setNotification(toldOf(query), { ...body, id: params.notification }, actor),
  ),
  handle(removeNotification, async ({ params, query, actor }, engine) => {
    await engine.removeNotification(toldOf(query), params.notification, actor);
    return { removed: true as const };
  }),
  handle(testNotification, async ({ params, query, actor }, engine) => {
    await engine.testNotification(toldOf(query), params.notification, actor);
    return { taken: true as const };
  }),
];

function toldOf(words: Words): Told {
  const { target, team } = { target: words.target ?? null, team: words.team ?? null };
  // What was checked is the right to one of them.
  if (target !== null && team !== null) {
    const problem = "name an app or a team, not both";
    throw new PlatformError("invalid_input", { field: "team", problem });
  }
  return { target, team };
}

type Words = { readonly target?: string | undefined; readonly team?: string | undefined };
