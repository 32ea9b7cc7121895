import { appInfo, createApp, destroyApp, listApps } from "#api/apps.ts";
import { PlatformError } from "#domain/errors.ts";
import { handle, type Handler } from "./handle.ts";
import { appStatusView } from "./views.ts";

export const appHandlers: readonly Handler[] = [
  handle(listApps, async (_call, engine) => (await engine.listApps()).map(appStatusView)),
  handle(createApp, async ({ body, actor }, engine) => {
    const { name } = await engine.createApp(body.name, actor);
    return appStatusView(await engine.appInfo(name));
  }),
  handle(appInfo, async ({ params }, engine) => appStatusView(await engine.appInfo(params.app))),
  handle(destroyApp, async ({ params: { app }, query, actor }, engine) => {
    if (query.confirm !== app) throw new PlatformError("confirmation_needed", { app });
    await engine.destroyApp(app, actor);
    return { destroyed: app };
  }),
];
