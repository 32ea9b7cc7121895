import { listScoreCards } from "#api/security.ts";
import { handleList, type Handler } from "./handle.ts";
import { cutOff } from "./page.ts";

export const securityHandlers: readonly Handler[] = [
  handleList(listScoreCards, async ({ query: { target, after, limit }, visible }, engine) => {
    // One more than asked for tells whether there is a next page.
    const asked = { target: target ?? null, visible, after: after ?? null, limit: limit + 1 };
    return cutOff(await engine.scoreCards(asked), limit, ({ app }) => app);
  }),
];
