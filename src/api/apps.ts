import { z } from "zod";
import { AppName, Network } from "#domain/app.ts";
import { TeamName } from "#domain/team.ts";
import { list, oneOf } from "./list.ts";
import { operation } from "./operation.ts";
import { AppStatusView, branchStates, JobView } from "./views.ts";

const params = z.strictObject({ app: AppName });

export const listApps = list({
  id: "apps.list",
  path: "/apps",
  summary: "Lists the apps and how their branches are doing.",
  item: AppStatusView,
  filters: {
    state: oneOf(z.enum(branchStates)).describe("Apps with a branch in this state."),
    team: oneOf(TeamName).describe("Apps of these teams."),
  },
  errors: [],
  needs: "apps:read",
});

export const createApp = operation({
  id: "apps.create",
  method: "POST",
  path: "/apps",
  summary: "Makes an app with an empty repository to push to.",
  body: z.strictObject({
    name: AppName,
    team: TeamName.optional().describe("Team that owns it; your own when you rule one only."),
  }),
  result: AppStatusView,
  errors: ["app_exists", "team_not_found"],
  needs: "team:admin",
});

export const appInfo = operation({
  id: "apps.info",
  method: "GET",
  path: "/apps/:app",
  summary: "Shows an app: where to push, its branches and where they answer.",
  params,
  result: AppStatusView,
  errors: ["app_not_found"],
  needs: "app:read",
});

export const setNetwork = operation({
  id: "apps.network",
  method: "PUT",
  path: "/apps/:app/network",
  summary: "Lets an app's programs and builds connect to the outside, or closes that.",
  params,
  body: z.strictObject({ network: Network }),
  result: AppStatusView,
  errors: ["app_not_found"],
  needs: "app:configure",
});

export const destroyApp = operation({
  id: "apps.destroy",
  method: "DELETE",
  path: "/apps/:app",
  summary: "Removes an app with its code, releases and configuration, for good.",
  params,
  query: z.strictObject({
    confirm: z.string().default("").describe("The app's name once more."),
  }),
  result: JobView,
  errors: ["app_not_found", "confirmation_needed", "managed_by_file"],
  needs: "app:admin",
});
