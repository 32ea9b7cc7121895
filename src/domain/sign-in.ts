/** A table of what signing in has to remember. */
export type SignInModel = "user" | "session" | "account" | "verification" | "twoFactor" | "passkey";

export type SignInRow = Record<string, unknown>;

/** One thing that is asked of a row; all of them must hold, or any if `any` says so. */
export type SignInCondition = {
  readonly field: string;
  readonly is: "eq" | "ne" | "lt" | "lte" | "gt" | "gte" | "in" | "not_in";
  readonly value: unknown;
  readonly any: boolean;
};

/** The rows that signing in works on, whatever they mean. Each verb is one transaction. */
export type SignInRows = {
  readonly add: (model: SignInModel, row: SignInRow) => SignInRow;
  readonly find: (
    model: SignInModel,
    where: readonly SignInCondition[],
    page?: { readonly limit?: number; readonly offset?: number; readonly newestFirst?: string },
  ) => SignInRow[];
  /** Gives the rows as they are then. */
  readonly change: (
    model: SignInModel,
    where: readonly SignInCondition[],
    patch: SignInRow,
  ) => SignInRow[];
  /** Adds to numbers in at most one row, which must be as `where` says at that moment. */
  readonly increment: (
    model: SignInModel,
    where: readonly SignInCondition[],
    by: { readonly increment: Record<string, number>; readonly set: SignInRow },
  ) => SignInRow | null;
  /** Gives what was removed; `limit` 1 removes one row at most. */
  readonly remove: (
    model: SignInModel,
    where: readonly SignInCondition[],
    limit?: number,
  ) => SignInRow[];
};

/** A company's own sign-on, over OpenID Connect. */
export type SignOn = {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | null;
};

/** How people prove who they are, and the sessions that they then have. */
export type SignIn = {
  /** Answers a request to one of `signInPaths`. */
  readonly answer: (request: Request) => Promise<Response>;
  /** Whose session a request's cookies are; null when they are nobody's. */
  readonly sessionOf: (
    cookie: string,
  ) => Promise<{ readonly userId: string; readonly sessionId: string } | null>;
  readonly setPassword: (userId: string, password: string) => Promise<void>;
  /** Takes password and second factor away, so that whoever has a link sets new ones. */
  readonly forget: (userId: string) => Promise<void>;
  /** Whether it is the person's password; null when they have none. */
  readonly checkPassword: (userId: string, password: string) => Promise<boolean | null>;
};

export type SignInPath = {
  readonly method: "GET" | "POST";
  /** How the audit names it; null for what changes nothing. */
  readonly audit: string | null;
  /** Whether a wrong answer is a guess, which is slowed down. */
  readonly isGuess?: true;
};

/**
 * Everything that is answered below `/api/auth`, to whoever asks: what a person does to sign in and
 * with the ways in which they do. Nothing else of the library is reachable.
 */
export const signInPaths: Readonly<Record<string, SignInPath>> = {
  "/link": { method: "POST", audit: "sign_in.link", isGuess: true },
  "/sign-in/email": { method: "POST", audit: "sign_in.password", isGuess: true },
  "/sign-in/social": { method: "POST", audit: null },
  "/callback/sign-on": { method: "GET", audit: "sign_in.sign_on" },
  "/sign-out": { method: "POST", audit: "sign_out" },
  "/get-session": { method: "GET", audit: null },
  "/two-factor/enable": { method: "POST", audit: "two_factor.enable", isGuess: true },
  "/two-factor/disable": { method: "POST", audit: "two_factor.disable", isGuess: true },
  "/two-factor/verify-totp": { method: "POST", audit: "sign_in.totp", isGuess: true },
  "/two-factor/verify-backup-code": { method: "POST", audit: "sign_in.backup_code", isGuess: true },
  "/two-factor/generate-backup-codes": {
    method: "POST",
    audit: "two_factor.backup_codes",
    isGuess: true,
  },
  "/passkey/generate-register-options": { method: "GET", audit: null },
  "/passkey/verify-registration": { method: "POST", audit: "passkey.add" },
  "/passkey/generate-authenticate-options": { method: "GET", audit: null },
  "/passkey/verify-authentication": { method: "POST", audit: "sign_in.passkey", isGuess: true },
  "/passkey/list-user-passkeys": { method: "GET", audit: null },
  "/passkey/delete-passkey": { method: "POST", audit: "passkey.remove" },
};
