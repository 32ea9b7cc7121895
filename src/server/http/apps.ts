import { appInfo, createApp, destroyApp, listApps } from "#api/apps.ts";
import { PlatformError } from "#domain/errors.ts";
import { handle, type Handler } from "./handle.ts";
import { appStatusView } from "./views.ts";

export const appHandlers: readonly Handler[] = [
  handle(listApps, async ({ visible }, engine) =>
    (await engine.listApps())
      .filter(({ app }) => visible === null || visible.has(app.id))
      .map(appStatusView),
  ),
  handle(createApp, async ({ body, reach, actor }, engine) => {
    if (body.team !== undefined) engine.people.members(body.team);
    const { name } = await engine.createApp(body.name, actor, reach.team ?? null);
    return appStatusView(await engine.appInfo(name));
  }),
  handle(appInfo, async ({ params }, engine) => appStatusView(await engine.appInfo(params.app))),
  handle(destroyApp, async ({ params: { app }, query, actor }, engine) => {
    if (query.confirm !== app) throw new PlatformError("confirmation_needed", { app });
    await engine.destroyApp(app, actor);
    return { destroyed: app };
  }),
];
