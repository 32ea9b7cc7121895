import { listInstances, restart, scale, startBranch, stopBranch } from "#api/instances.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { pageOf } from "./page.ts";

export const instanceHandlers: readonly Handler[] = [
  handleList(listInstances, async ({ params, query }, engine) => {
    const { processType, state } = query;
    const instances = (await engine.listInstances(params.target)).filter(
      (it) =>
        (processType?.includes(it.processType) ?? true) && (state?.includes(it.state) ?? true),
    );
    return pageOf(instances, query, ({ id }) => String(id).padStart(16, "0"));
  }),
  handle(scale, async ({ params, body, actor }, engine) => ({
    job: await engine.scale(params.target, body, actor),
  })),
  handle(restart, ({ params, body, actor }, engine) =>
    engine.restart(params.target, body.instance, actor),
  ),
  handle(stopBranch, ({ params, actor }, engine) => engine.stopBranch(params.target, actor)),
  handle(startBranch, ({ params, actor }, engine) => engine.startBranch(params.target, actor)),
];
