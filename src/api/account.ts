import { z } from "zod";
import { UserName } from "#domain/user.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { CallerView, SessionView } from "./people-views.ts";

export const whoAmI = operation({
  id: "account.info",
  method: "GET",
  path: "/account",
  summary: "Shows who you are here, and what you may do.",
  result: CallerView,
  errors: [],
  needs: "own:read",
});

export const setPassword = operation({
  id: "account.password",
  method: "PUT",
  path: "/account/password",
  summary: "Sets your password and ends your other sessions.",
  body: z.strictObject({
    password: z
      .string()
      .min(1)
      .max(200)
      .describe("At least 12 characters, none of the common ones."),
    current: z
      .string()
      .max(200)
      .nullable()
      .default(null)
      .describe("The one before, if there was one."),
  }),
  result: z.object({ ended: z.int().describe("How many other sessions were ended.") }),
  errors: ["sign_in_needed", "too_many_attempts"],
  needs: "own:change",
});

export const listSessions = list({
  id: "sessions.list",
  path: "/sessions",
  summary: "Lists the browsers in which you are signed in.",
  filters: { user: UserName.optional().describe("Somebody else, for superusers.") },
  item: SessionView,
  errors: ["user_not_found"],
  needs: "own:read",
});

export const endSession = operation({
  id: "sessions.end",
  method: "DELETE",
  path: "/sessions/:session",
  summary: "Ends a session, or all others but the one that asks.",
  params: z.strictObject({
    session: z.string().min(1).max(100).describe("Id of a session, or others."),
  }),
  query: z.strictObject({ user: UserName.optional().describe("Somebody else, for superusers.") }),
  result: z.object({ ended: z.int() }),
  errors: ["session_not_found", "user_not_found"],
  needs: "own:change",
});
