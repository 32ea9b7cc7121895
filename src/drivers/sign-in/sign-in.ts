import type { SignIn, SignOn } from "#domain/sign-in.ts";
import type { BetterAuthOptions, createBetterAuth } from "./better-auth.ts";

type SignInOptions = Omit<BetterAuthOptions, "url" | "signOn"> & {
  /** Asked again each time, as a configuration file may change them. */
  readonly url: () => string;
  readonly signOn: () => SignOnFile | null;
  readonly readSecret: (file: string) => Promise<string>;
  readonly now: () => Date;
};

/** A sign-on whose secret is in a file. */
type SignOnFile = Omit<SignOn, "clientSecret"> & { readonly clientSecretFile: string | null };

type Loaded = { readonly for: string; readonly auth: Promise<ReturnType<typeof createBetterAuth>> };

/**
 * How people prove who they are. The library is loaded when somebody first does so: it takes 40 MB,
 * which a machine that is only pushed to keeps for its apps.
 */
export function createSignIn(options: SignInOptions): SignIn {
  let loaded: Loaded | null = null;
  const load = (): Loaded["auth"] => {
    const now = { url: options.url(), signOn: options.signOn() };
    const key = JSON.stringify(now);
    if (loaded?.for !== key) {
      loaded = { for: key, auth: loadLibrary(options, now) };
    }
    return loaded.auth;
  };
  return {
    ...passwordVerbs(options, load),
    answer: async (request) => {
      const response = await (await load()).answer(request);
      // What the sign-on's server says of itself is read once; when it was away then, again.
      if (response.status === 404 && options.signOn() !== null) loaded = null;
      return response;
    },
    sessionOf: async (cookie) => (await load()).sessionOf(cookie),
  };
}

function passwordVerbs({ rows, now }: SignInOptions, load: () => Loaded["auth"]) {
  const ofPassword = (userId: string) => [is("userId", userId), is("providerId", "credential")];
  return {
    checkPassword: async (userId, password) => {
      const [account] = rows.find("account", ofPassword(userId), { limit: 1 });
      const hash = account?.["password"];
      return typeof hash === "string" ? (await load()).verify(hash, password) : null;
    },
    forget: async (userId) => {
      rows.remove("account", ofPassword(userId));
      rows.remove("twoFactor", [is("userId", userId)]);
      rows.change("user", [is("id", userId)], { twoFactorEnabled: false });
    },
    setPassword: async (userId, password) => {
      const hash = await (await load()).hash(password);
      const patch = { password: hash, updatedAt: now() };
      if (rows.change("account", ofPassword(userId), patch).length > 0) return;
      const own = { userId, accountId: userId, providerId: "credential" };
      rows.add("account", { ...patch, ...own, id: crypto.randomUUID(), createdAt: now() });
    },
  } satisfies Partial<SignIn>;
}

async function loadLibrary(
  options: SignInOptions,
  { url, signOn }: { readonly url: string; readonly signOn: SignOnFile | null },
): Loaded["auth"] {
  const { createBetterAuth: create } = await import("./better-auth.ts");
  const withSecret = signOn && (await secretOf(options, signOn));
  return create({ ...options, url, signOn: withSecret });
}

/** A secret that cannot be read takes the sign-on away, not all the other ways. */
async function secretOf(
  { readSecret, log }: SignInOptions,
  { clientSecretFile, ...signOn }: SignOnFile,
): Promise<SignOn | null> {
  if (clientSecretFile === null) return { ...signOn, clientSecret: null };
  try {
    return { ...signOn, clientSecret: (await readSecret(clientSecretFile)).trim() };
  } catch (err) {
    log.error({ err, clientSecretFile }, "could not read the secret of the sign-on");
    return null;
  }
}

function is(field: string, value: string) {
  return { field, is: "eq", value, any: false } as const;
}
