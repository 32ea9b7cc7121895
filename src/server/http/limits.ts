import { changeLimits, listLimits } from "#api/limits.ts";
import { handle, type Handler } from "./handle.ts";

export const limitHandlers: readonly Handler[] = [
  handle(listLimits, ({ params }, engine) => engine.limits(params.target)),
  handle(changeLimits, async ({ params, body, actor }, engine) => ({
    job: await engine.setLimits(params.target, body, actor),
  })),
];
