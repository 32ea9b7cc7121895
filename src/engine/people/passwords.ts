import type { Caller } from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";
import { passwordProblem } from "#domain/password.ts";
import type { User } from "#domain/user.ts";
import type { Attempts } from "./attempts.ts";
import type { PeopleContext } from "./people.ts";
import { endSessions } from "./users.ts";

/**
 * Sets the password of the person who is signed in, and ends their other sessions: whoever had the
 * old one is out.
 * @throws {PlatformError} `sign_in_needed`, `invalid_input`, `too_many_attempts`
 */
export async function setPassword(
  context: PeopleContext,
  attempts: Attempts,
  asked: { readonly caller: Caller; readonly password: string; readonly current: string | null },
): Promise<number> {
  const { caller, password, current } = asked;
  const user = caller.userId === null ? null : context.store.people.users.get(caller.userId);
  if (caller.kind !== "user" || !user) {
    throw new PlatformError("sign_in_needed", { problem: ": a password is set on the console" });
  }
  const look = () => context.signIn.checkPassword(user.id, current ?? "");
  const isRight = await attempts.guess(caller.address ?? "", look, (found) => found === false);
  if (isRight === false) {
    const problem = "it is not the password";
    throw new PlatformError("invalid_input", { field: "current", problem });
  }
  refuseEasy(password, user);
  await context.signIn.setPassword(user.id, password);
  return endSessions(context, { userId: user.id, id: "others", own: caller.sessionId });
}

function refuseEasy(password: string, { name, email }: User): void {
  const problem = passwordProblem(password, [name, ...(email?.split("@") ?? [])]);
  if (problem !== null) throw new PlatformError("invalid_input", { field: "password", problem });
}
