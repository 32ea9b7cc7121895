import { appInfo, createApp, destroyApp, listApps, setNetwork } from "#api/apps.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Engine } from "#engine/engine.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { cutOff } from "./page.ts";
import { appStatusView } from "./views.ts";

export const appHandlers: readonly Handler[] = [
  handleList(listApps, async ({ query, visible: all }, engine) => {
    const { after = null, limit, state: states, team } = query;
    const visible = team ? appsOf(team, all, engine) : all;
    // One more than asked for tells whether there is a next page.
    const asked = { after, limit: limit + 1, states, visible };
    return cutOff((await engine.listApps(asked)).map(appStatusView), limit, ({ app }) =>
      String(app.name),
    );
  }),
  handle(createApp, async ({ body, reach, actor }, engine) => {
    if (body.team !== undefined) engine.people.members(body.team);
    const { name } = await engine.createApp(body.name, actor, reach.team ?? null);
    return appStatusView(await engine.appInfo(name));
  }),
  handle(appInfo, async ({ params }, engine) => appStatusView(await engine.appInfo(params.app))),
  handle(setNetwork, async ({ params: { app }, body, actor }, engine) => {
    await engine.setNetwork(app, body.network, actor);
    return appStatusView(await engine.appInfo(app));
  }),
  handle(destroyApp, async ({ params: { app }, query, actor }, engine) => {
    if (query.confirm !== app) throw new PlatformError("confirmation_needed", { app });
    return engine.destroyApp(app, actor);
  }),
];

/** Those of some teams; one that is not there has none. */
function appsOf(
  teams: readonly string[],
  visible: ReadonlySet<number> | null,
  { people }: Engine,
): ReadonlySet<number> {
  const ids = new Set(teams.map(people.teamId));
  const apps = people
    .apps()
    .filter(({ id, teamId }) => ids.has(teamId) && (visible?.has(id) ?? true));
  return new Set(apps.map(({ id }) => id));
}
