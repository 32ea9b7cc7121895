import { listInstances, restart, scale, startBranch, stopBranch } from "#api/instances.ts";
import { handle, type Handler } from "./handle.ts";

export const instanceHandlers: readonly Handler[] = [
  handle(listInstances, ({ params }, engine) => engine.listInstances(params.target)),
  handle(scale, async ({ params, body, actor }, engine) => ({
    job: await engine.scale(params.target, body, actor),
  })),
  handle(restart, ({ params, body, actor }, engine) =>
    engine.restart(params.target, body.instance, actor),
  ),
  handle(stopBranch, ({ params, actor }, engine) => engine.stopBranch(params.target, actor)),
  handle(startBranch, ({ params, actor }, engine) => engine.startBranch(params.target, actor)),
];
