import {
  createDeploy,
  createRepository,
  openRepository,
  readRepository,
  rebuild,
} from "#api/deploys.ts";
import { handle, type Handler } from "./handle.ts";

export const deployHandlers: readonly Handler[] = [
  handle(createRepository, async ({ body, reach, actor }, engine) => {
    if (body.team !== undefined) engine.people.members(body.team);
    const { name } = await engine.createOnPush(body.app, actor, reach.team ?? null);
    return { app: name };
  }),
  handle(openRepository, ({ params }, engine) => engine.openRepository(params.app)),
  handle(readRepository, ({ params }, engine) => engine.readRepository(params.app)),
  handle(createDeploy, ({ params, body, actor }, engine) =>
    engine.deploy({ app: params.app, ...body, actor }),
  ),
  handle(rebuild, ({ body, actor }, engine) => engine.rebuild(body.target, actor)),
];
