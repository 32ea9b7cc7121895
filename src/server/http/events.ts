import { listEvents } from "#api/events.ts";
import { handle, type Handler } from "./handle.ts";

export const eventHandlers: readonly Handler[] = [
  handle(listEvents, ({ query: { target, before, limit } }, engine) =>
    engine.listEvents({ target: target ?? null, before: before ?? null, limit }),
  ),
];
