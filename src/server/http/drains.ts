import { addDrain, listDrains, removeDrain } from "#api/drains.ts";
import { handle, type Handler } from "./handle.ts";

export const drainHandlers: readonly Handler[] = [
  handle(listDrains, ({ params }, engine) => engine.listDrains(params.target)),
  handle(addDrain, ({ params, body, actor }, engine) =>
    engine.addDrain({ ...params, url: body.url, ca: body.ca ?? null }, actor),
  ),
  handle(removeDrain, async ({ params, actor }, engine) => {
    await engine.removeDrain(params.target, params.drain, actor);
    return { removed: true as const };
  }),
];
