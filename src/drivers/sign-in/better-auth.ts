import { passkey } from "@better-auth/passkey";
import { betterAuth } from "better-auth/minimal";
import { APIError, createAuthEndpoint } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import { genericOAuth, twoFactor } from "better-auth/plugins";
import { z } from "zod";
import type { SignIn, SignInRows, SignOn } from "#domain/sign-in.ts";
import { adapterOf } from "./adapter.ts";
import { withHashedTokens } from "./hashed-tokens.ts";

export type BetterAuthOptions = {
  readonly rows: SignInRows;
  /** Signs cookies and seals what proves a second factor. */
  readonly secret: string;
  /** Where browsers find us, without a slash at the end. */
  readonly url: string;
  readonly signOn: SignOn | null;
  /** Uses a one-time link up; null when it is not good. */
  readonly takeLink: (secret: string) => string | null;
  readonly log: { readonly error: (facts: object, message: string) => void };
};

/** The header in which the server tells the real address of who asks; nobody else can set it. */
const addressHeader = "x-berth-peer";
/** The one provider that the company's sign-on is known as. */
const signOnProvider = "sign-on";

const dayS = 86_400;
const sessionDays = 14;

/**
 * Signing in, done by better-auth over our own tables. Everything that would let a stranger make an
 * account, or a person change who they are, is closed.
 */
export function createBetterAuth(options: BetterAuthOptions): Pick<
  SignIn,
  "answer" | "sessionOf"
> & {
  readonly hash: (password: string) => Promise<string>;
  readonly verify: (hash: string, password: string) => Promise<boolean>;
} {
  const isSecure = options.url.startsWith("https:");
  const auth = betterAuth({
    appName: "Berth",
    baseURL: options.url,
    basePath: "/api/auth",
    secret: options.secret,
    database: adapterOf(withHashedTokens(options.rows)),
    verification: { storeIdentifier: "hashed" },
    telemetry: { enabled: false },
    logger: { level: "error", log: (_level, message) => options.log.error({}, message) },
    // Its own would count by what headers say; `server/http/attempts.ts` counts by connection.
    rateLimit: { enabled: false },
    trustedOrigins: (request) => (request ? [new URL(request.url).origin] : []),
    advanced: {
      // No other host can set a cookie of such a name, not even one below the same parent.
      cookiePrefix: isSecure ? "__Host-berth" : "berth",
      useSecureCookies: false,
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax", secure: isSecure },
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    session: { expiresIn: sessionDays * dayS, disableSessionRefresh: true },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 1 },
    account: {
      accountLinking: { enabled: true, trustedProviders: [signOnProvider] },
      encryptOAuthTokens: true,
    },
    onAPIError: { errorURL: `${options.url}/sign-in` },
    plugins: [
      linkPlugin(options),
      twoFactor({ issuer: "Berth" }),
      passkey({ rpName: "Berth", rpID: new URL(options.url).hostname, origin: options.url }),
      ...(options.signOn ? [genericOAuth({ config: [providerOf(options.signOn)] })] : []),
    ],
  });
  return {
    answer: (request) => auth.handler(request),
    sessionOf: async (cookie) => {
      const found = await auth.api.getSession({ headers: new Headers({ cookie }) });
      return found ? { userId: found.user.id, sessionId: found.session.id } : null;
    },
    hash: async (password) => (await auth.$context).password.hash(password),
    verify: async (hash, password) => (await auth.$context).password.verify({ hash, password }),
  };
}

/** `POST /link`: a one-time link becomes a session. */
function linkPlugin({ takeLink }: BetterAuthOptions) {
  return {
    id: "berth-link",
    endpoints: {
      signInWithLink: createAuthEndpoint(
        "/link",
        { method: "POST", body: z.object({ token: z.string().min(1).max(200) }) },
        async (ctx) => {
          const userId = takeLink(ctx.body.token);
          const user = userId && (await ctx.context.internalAdapter.findUserById(userId));
          if (!user) throw new APIError("UNAUTHORIZED", { code: "link_not_valid" });
          const session = await ctx.context.internalAdapter.createSession(user.id);
          await setSessionCookie(ctx, { session, user });
          return ctx.json({ user: { name: user.name } });
        },
      ),
    },
  };
}

/** Only people who were added come in; they are known by their address. */
function providerOf({ name, issuer, clientId, clientSecret }: SignOn) {
  return {
    providerId: signOnProvider,
    name,
    discoveryUrl: `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    requireIdTokenVerification: true,
    clientId,
    ...(clientSecret === null ? {} : { clientSecret }),
    scopes: ["openid", "email", "profile"],
    pkce: true,
    disableSignUp: true,
    disableImplicitSignUp: true,
  };
}
