import { listEvents } from "#api/events.ts";
import { handle, type Handler } from "./handle.ts";

export const eventHandlers: readonly Handler[] = [
  handle(listEvents, async ({ query: { target, before, limit }, visible }, engine) =>
    (await engine.listEvents({ target: target ?? null, before: before ?? null, limit })).filter(
      ({ appId }) => visible === null || (appId !== null && visible.has(appId)),
    ),
  ),
];
