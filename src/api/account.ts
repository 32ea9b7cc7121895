import { z } from "zod";
import { UserName } from "#domain/user.ts";
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

export const listSessions = operation({
  id: "sessions.list",
  method: "GET",
  path: "/sessions",
  summary: "Lists the browsers in which you are signed in.",
  query: z.strictObject({ user: UserName.optional().describe("Somebody else, for superusers.") }),
  result: z.array(SessionView),
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
