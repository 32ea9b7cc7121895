import { z } from "zod";
import { AppName } from "#domain/app.ts";
import { Role } from "#domain/rights.ts";
import { TeamName } from "#domain/team.ts";
import { UserName } from "#domain/user.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { AppAccessView, MemberView, TeamView } from "./people-views.ts";

const params = z.strictObject({ team: TeamName });
const ofMember = params.extend({ user: UserName });
const ofApp = z.strictObject({ app: AppName });
const ofGrant = ofApp.extend({ user: UserName });

export const listTeams = list({
  id: "teams.list",
  path: "/teams",
  summary: "Lists your teams; all of them for superusers.",
  item: TeamView,
  errors: [],
  needs: "teams:read",
});

export const addTeam = operation({
  id: "teams.add",
  method: "POST",
  path: "/teams",
  summary: "Makes a team.",
  body: z.strictObject({ name: TeamName }),
  result: TeamView,
  errors: ["team_exists"],
  needs: "installation:admin",
});

export const removeTeam = operation({
  id: "teams.remove",
  method: "DELETE",
  path: "/teams/:team",
  summary: "Removes a team that owns no app.",
  params,
  result: z.object({ removed: TeamName }),
  errors: ["team_not_found", "team_in_use"],
  needs: "installation:admin",
});

export const listMembers = list({
  id: "teams.members",
  path: "/teams/:team/members",
  summary: "Lists the people of a team and their roles.",
  params,
  item: MemberView,
  errors: ["team_not_found"],
  needs: "team:read",
});

export const setMember = operation({
  id: "teams.grant",
  method: "PUT",
  path: "/teams/:team/members/:user",
  summary: "Gives a person a role in a team, for all of its apps.",
  params: ofMember,
  body: z.strictObject({ role: Role }),
  result: MemberView,
  errors: ["team_not_found", "user_not_found"],
  needs: "team:admin",
});

export const removeMember = operation({
  id: "teams.revoke",
  method: "DELETE",
  path: "/teams/:team/members/:user",
  summary: "Takes a person out of a team.",
  params: ofMember,
  result: z.object({ removed: z.string() }),
  errors: ["team_not_found", "user_not_found", "no_access"],
  needs: "team:admin",
});

export const listAccess = list({
  id: "access.list",
  path: "/apps/:app/access",
  summary: "Lists who may do what with an app, and whether their team gives it.",
  params: ofApp,
  item: AppAccessView,
  errors: ["app_not_found"],
  needs: "app:read",
});

export const grantAccess = operation({
  id: "access.grant",
  method: "PUT",
  path: "/apps/:app/access/:user",
  summary: "Gives a person a role with one app, beside what their team gives.",
  params: ofGrant,
  body: z.strictObject({ role: Role }),
  result: MemberView,
  errors: ["app_not_found", "user_not_found"],
  needs: "app:admin",
});

export const revokeAccess = operation({
  id: "access.revoke",
  method: "DELETE",
  path: "/apps/:app/access/:user",
  summary: "Takes back what a person was granted for one app.",
  params: ofGrant,
  result: z.object({ removed: z.string() }),
  errors: ["app_not_found", "user_not_found", "no_access"],
  needs: "app:admin",
});

export const transferApp = operation({
  id: "apps.transfer",
  method: "POST",
  path: "/apps/:app/transfer",
  summary: "Hands an app to another team, which you must rule as well.",
  params: ofApp,
  body: z.strictObject({ team: TeamName }),
  result: z.object({ app: AppName, team: TeamName }),
  errors: ["app_not_found", "team_not_found", "right_missing"],
  needs: "app:admin",
});
