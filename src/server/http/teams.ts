import {
  addTeam,
  grantAccess,
  listAccess,
  listMembers,
  listTeams,
  removeMember,
  removeTeam,
  revokeAccess,
  setMember,
  transferApp,
} from "#api/teams.ts";
import { PlatformError } from "#domain/errors.ts";
import { rightsInTeam } from "#domain/caller.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { pageOf } from "./page.ts";

export const teamHandlers: readonly Handler[] = [
  handleList(listTeams, async ({ caller, query }, { people }) => {
    const mine = people.teams().filter(({ id }) => rightsInTeam(caller.access, id).has("read"));
    return pageOf(mine, query, ({ name }) => name);
  }),
  handle(addTeam, async ({ body }, { people }) => people.addTeam(body.name)),
  handle(removeTeam, async ({ params }, { people }) => {
    people.removeTeam(params.team);
    return { removed: params.team };
  }),
  handleList(listMembers, async ({ params, query }, { people }) =>
    pageOf(people.members(params.team), query, ({ user }) => user),
  ),
  handle(setMember, async ({ params, body: { role } }, { people }) => {
    people.setMember({ ...params, role });
    return { user: params.user, role };
  }),
  handle(removeMember, async ({ params }, { people }) => {
    people.setMember({ ...params, role: null });
    return { removed: params.user };
  }),
  handleList(listAccess, async ({ params, query }, { people }) =>
    pageOf(people.appAccess(params.app), query, ({ user, team }) => `${user} ${team ?? ""}`),
  ),
  handle(grantAccess, async ({ params, body: { role } }, { people }) => {
    people.setGrant({ ...params, role });
    return { user: params.user, role };
  }),
  handle(revokeAccess, async ({ params }, { people }) => {
    people.setGrant({ ...params, role: null });
    return { removed: params.user };
  }),
  handle(transferApp, async ({ caller, params: { app }, body: { team }, actor }, { people }) => {
    people.permit(caller, "team:admin", { team });
    const teamId = people.teamId(team);
    if (teamId === null) throw new PlatformError("team_not_found", { team });
    people.transferApp({ app, teamId, actor });
    return { app, team };
  }),
];
