import { changeLimits, listLimits } from "#api/limits.ts";
import type { LimitScope } from "#domain/limit-choices.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { pageOf } from "./page.ts";

export const limitHandlers: readonly Handler[] = [
  handleList(listLimits, async ({ params, query }, engine) =>
    pageOf(await engine.limits(params.target), query, ({ scope }) => placeOf(scope)),
  ),
  handle(changeLimits, async ({ params, body, actor }, engine) => ({
    job: await engine.setLimits(params.target, body, actor),
  })),
];

/** Instances first, then each process type by name, then builds. */
function placeOf(scope: LimitScope): string {
  if (scope.kind === "type") return `2 ${scope.processType}`;
  return scope.kind === "app" ? "1" : "3";
}
