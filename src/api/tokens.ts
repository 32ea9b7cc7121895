import { z } from "zod";
import { AppName } from "#domain/app.ts";
import { Role } from "#domain/rights.ts";
import { TeamName } from "#domain/team.ts";
import { UserName } from "#domain/user.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { TokenView } from "./people-views.ts";

const TokenName = z
  .string()
  .max(60)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "use letters, digits and . _ -")
  .describe("Name of a token, such as ci.");
const user = UserName.optional().describe("Whose it is, for superusers; your own by default.");

export const listTokens = list({
  id: "tokens.list",
  path: "/tokens",
  summary: "Lists your tokens; all of them on the machine itself.",
  filters: { user },
  item: TokenView,
  errors: ["user_not_found"],
  needs: "own:read",
});

export const addToken = operation({
  id: "tokens.add",
  shownOnce: true,
  method: "POST",
  path: "/tokens",
  summary: "Makes a token for programs; it is shown this once.",
  body: z.strictObject({
    name: TokenName,
    role: Role.default("viewer").describe("What it may do; viewer by default."),
    app: AppName.optional().describe("The only app that it is for."),
    team: TeamName.optional().describe("The only team that it is for."),
    days: z.int().min(1).max(366).default(90).describe("Days until it runs out; 90 by default."),
    user,
  }),
  result: z.object({
    token: TokenView,
    secret: z.string().describe("The token, never shown again."),
  }),
  errors: ["token_exists", "app_not_found", "team_not_found", "user_not_found"],
  needs: "own:change",
});

export const removeToken = operation({
  id: "tokens.remove",
  method: "DELETE",
  path: "/tokens/:token",
  summary: "Takes a token out of force at once.",
  params: z.strictObject({ token: TokenName }),
  query: z.strictObject({ user }),
  result: z.object({ removed: z.string() }),
  errors: ["token_not_found", "user_not_found"],
  needs: "own:change",
});
