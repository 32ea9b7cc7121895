import { addDrain, listDrains, removeDrain } from "#api/drains.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { pageOf } from "./page.ts";

export const drainHandlers: readonly Handler[] = [
  handleList(listDrains, async ({ params, query }, engine) =>
    pageOf(await engine.listDrains(params.target), query, ({ id }) => id),
  ),
  handle(addDrain, ({ params, body, actor }, engine) =>
    engine.addDrain({ ...params, url: body.url, ca: body.ca ?? null }, actor),
  ),
  handle(removeDrain, async ({ params, actor }, engine) => {
    await engine.removeDrain(params.target, params.drain, actor);
    return { removed: true as const };
  }),
];
