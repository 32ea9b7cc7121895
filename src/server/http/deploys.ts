import { createDeploy, openRepository, readRepository, rebuild } from "#api/deploys.ts";
import { handle, type Handler } from "./handle.ts";

export const deployHandlers: readonly Handler[] = [
  handle(openRepository, ({ params, actor }, engine) => engine.openRepository(params.app, actor)),
  handle(readRepository, ({ params }, engine) => engine.readRepository(params.app)),
  handle(createDeploy, ({ params, body, actor }, engine) =>
    engine.deploy({ app: params.app, ...body, actor }),
  ),
  handle(rebuild, ({ body, actor }, engine) => engine.rebuild(body.target, actor)),
];
