import { z } from "zod";
import { Role } from "#domain/rights.ts";
import { TeamName } from "#domain/team.ts";
import { UserName } from "#domain/user.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { SignInLinkView, UserView } from "./people-views.ts";

const params = z.strictObject({ user: UserName });
const Email = z
  .email()
  .max(200)
  .nullable()
  .describe("Address, by which a company's sign-on knows them.");

export const listUsers = list({
  id: "users.list",
  path: "/users",
  summary: "Lists the people who may sign in.",
  item: UserView,
  errors: [],
  needs: "installation:read",
});

export const addUser = operation({
  id: "users.add",
  shownOnce: true,
  method: "POST",
  path: "/users",
  summary: "Adds a person and gives a one-time link with which they sign in.",
  body: z.strictObject({
    name: UserName,
    email: Email.default(null),
    superuser: z.boolean().default(false).describe("May do everything; off by default."),
    team: TeamName.optional().describe("Team to put them into."),
    role: Role.default("deployer").describe("Role in that team; deployer by default."),
  }),
  result: z.object({ user: UserView, link: SignInLinkView }),
  errors: ["user_exists", "team_not_found"],
  needs: "installation:admin",
});

export const changeUser = operation({
  id: "users.change",
  method: "PATCH",
  path: "/users/:user",
  summary: "Changes a person's address, or whether they may do everything.",
  params,
  body: z
    .strictObject({ email: Email.optional(), superuser: z.boolean().optional() })
    .refine((body) => Object.keys(body).length > 0, "say what to change: email or superuser"),
  result: UserView,
  errors: ["user_not_found", "user_exists", "last_superuser"],
  needs: "installation:admin",
});

export const removeUser = operation({
  id: "users.remove",
  method: "DELETE",
  path: "/users/:user",
  summary: "Removes a person with their sessions, keys and tokens, at once.",
  params,
  result: z.object({ removed: z.string() }),
  errors: ["user_not_found", "last_superuser"],
  needs: "installation:admin",
});

export const createLink = operation({
  id: "users.link",
  shownOnce: true,
  method: "POST",
  path: "/users/:user/link",
  summary: "Gives a new one-time sign-in link, good for 15 minutes.",
  params,
  body: z.strictObject({
    forget: z
      .boolean()
      .default(false)
      .describe("Takes password and second factor away, for whoever has lost them."),
  }),
  result: SignInLinkView,
  errors: ["user_not_found"],
  needs: "installation:admin",
});
