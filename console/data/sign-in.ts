import { whoAmI } from "#api/account.ts";
import { ApiError, call, send } from "./client.ts";
import { dropToken, keepToken } from "./session.ts";

/** What was given is right, but not enough: the code of the second factor is asked for. */
type SignedIn = "done" | "second factor";

/** Signs in with the token of a one-time link. */
export async function signInByLink(token: string): Promise<void> {
  await post("/link", { token });
}

export async function signInByPassword(name: string, password: string): Promise<SignedIn> {
  const answer = await post("/sign-in/email", { name, password });
  return answer["twoFactorRedirect"] === true ? "second factor" : "done";
}

/** A token is kept while the tab is open, if it is good. */
export async function signInByToken(token: string): Promise<void> {
  keepToken(token);
  await call(whoAmI, {}).catch((error: unknown) => {
    dropToken();
    throw error;
  });
}

/** A code of the app on the phone, or one of the codes that were written down. */
export async function giveSecondFactor(code: string): Promise<void> {
  const isCode = /^\d{6}$/.test(code);
  await post(isCode ? "/two-factor/verify-totp" : "/two-factor/verify-backup-code", { code });
}

/** Where the company's sign-on goes on. */
export async function startSignOn(): Promise<string> {
  const answer = await post("/sign-in/social", { provider: "sign-on", callbackURL: "/" });
  return String(answer["url"]);
}

/** What the company's sign-on is called; null where there is none. */
export async function signOnName(): Promise<string | null> {
  const response = await send("/api/v1/version");
  // Berth's own answer to whoever asks.
  const { signOn } = (await response.json()) as { signOn: string | null };
  return signOn;
}

export async function signOut(): Promise<void> {
  await post("/sign-out", {});
}

/** Begins with a second factor: what an authenticator app reads, and codes to write down. */
export async function beginTwoFactor(
  password: string,
): Promise<{ readonly uri: string; readonly backupCodes: readonly string[] }> {
  const answer = await post("/two-factor/enable", { password });
  const codes = answer["backupCodes"];
  return {
    uri: String(answer["totpURI"]),
    backupCodes: Array.isArray(codes) ? codes.map(String) : [],
  };
}

export async function endTwoFactor(password: string): Promise<void> {
  await post("/two-factor/disable", { password });
}

export async function signInByPasskey(): Promise<void> {
  const options = await get("/passkey/generate-authenticate-options");
  const response = await withPasskey(() =>
    navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(
        // The server's answer is made for this call.
        options as unknown as PublicKeyCredentialRequestOptionsJSON,
      ),
    }),
  );
  await post("/passkey/verify-authentication", { response });
}

export async function addPasskey(name: string): Promise<void> {
  const options = await get("/passkey/generate-register-options");
  const response = await withPasskey(() =>
    navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
        // As above.
        options as unknown as PublicKeyCredentialCreationOptionsJSON,
      ),
    }),
  );
  await post("/passkey/verify-registration", { response, name });
}

export type Passkey = {
  readonly id: string;
  readonly name: string | null;
  readonly createdAt: string;
};

/** Under which they are kept. */
export const passkeysPath = "/passkeys";

export async function listPasskeys(signal: AbortSignal): Promise<readonly Passkey[]> {
  const response = await send("/api/auth/passkey/list-user-passkeys", { signal });
  return (await response.json()) as readonly Passkey[];
}

export async function removePasskey(id: string): Promise<void> {
  await post("/passkey/delete-passkey", { id });
}

/** Browsers offer passkeys only where the connection is safe, and to whoever presses the button. */
export function hasPasskeys(): boolean {
  return window.isSecureContext && typeof PublicKeyCredential === "function";
}

async function withPasskey(ask: () => Promise<Credential | null>): Promise<unknown> {
  const credential = await ask().catch(() => null);
  if (credential instanceof PublicKeyCredential) return credential.toJSON();
  const detail = "No passkey was given.";
  throw new ApiError({ code: "no_passkey", detail, hint: "Try again, or sign in otherwise." }, 400);
}

type Answer = Readonly<Record<string, unknown>>;

async function get(path: string): Promise<Answer> {
  return answerOf(await send(`/api/auth${path}`));
}

async function post(path: string, body: object): Promise<Answer> {
  const response = await send(`/api/auth${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch((error: unknown) => {
    throw inPlainWords(error, path);
  });
  return answerOf(response);
}

async function answerOf(response: Response): Promise<Answer> {
  return ((await response.json().catch(() => null)) ?? {}) as Answer;
}

const wrong = {
  "/sign-in/email": ["Name or password is wrong.", "Nobody can see which of the two."],
  "/two-factor/verify-totp": [
    "The code is wrong.",
    "It changes every 30 seconds: take the new one.",
  ],
  "/two-factor/verify-backup-code": ["The code is wrong.", "Each of them works once."],
  "/two-factor/enable": ["The password is wrong.", "Give the one that you sign in with."],
  "/two-factor/disable": ["The password is wrong.", "Give the one that you sign in with."],
} as const;

/** What is refused at the door has the words of the library that keeps it. */
function inPlainWords(error: unknown, path: string): unknown {
  const isWrong = error instanceof ApiError && (error.status === 401 || error.status === 400);
  if (!isWrong || !Object.hasOwn(wrong, path)) return error;
  const [detail, hint] = wrong[path as keyof typeof wrong];
  return new ApiError({ code: "wrong", detail, hint }, error.status);
}
