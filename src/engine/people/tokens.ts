import { randomBytes } from "node:crypto";
import { PlatformError } from "#domain/errors.ts";
import type { Token } from "#domain/token.ts";
import { hashOf, tokenPrefix } from "./callers.ts";
import type { PeopleContext } from "./people.ts";

const dayMs = 86_400_000;
/** Of one person. */
const tokensMax = 100;

export type NewToken = {
  readonly userId: string;
  readonly name: string;
  readonly role: string;
  readonly teamId: number | null;
  readonly appId: number | null;
  readonly days: number;
};

/** Makes a token. Its text is given here and never again. @throws {PlatformError} `token_exists`, `too_many_tokens` */
export function addToken(
  { store, clock }: PeopleContext,
  { days, ...asked }: NewToken,
): { readonly token: Token; readonly secret: string } {
  const secret = tokenPrefix + randomBytes(32).toString("base64url");
  const createdAt = clock.now();
  const expiresAt = new Date(createdAt.getTime() + days * dayMs);
  return store.transaction(() => {
    const { tokens } = store.people;
    const mine = tokens.list(asked.userId);
    if (mine.filter((it) => it.expiresAt > createdAt).length >= tokensMax) {
      throw new PlatformError("too_many_tokens", { most: tokensMax });
    }
    if (mine.some(({ name }) => name === asked.name)) {
      throw new PlatformError("token_exists", { token: asked.name });
    }
    return { secret, token: tokens.add({ ...asked, hash: hashOf(secret), createdAt, expiresAt }) };
  });
}

/** @throws {PlatformError} `token_not_found` */
export function removeToken({ store }: PeopleContext, userId: string, name: string): void {
  const token = store.people.tokens.list(userId).find((it) => it.name === name);
  if (!token) throw new PlatformError("token_not_found", { token: name });
  store.people.tokens.remove(token.id);
}
