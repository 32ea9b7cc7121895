import type { SignIn } from "#domain/sign-in.ts";

export type MemorySignIn = SignIn & {
  /** Whose session a cookie is. */
  readonly sessions: Map<string, { readonly userId: string; readonly sessionId: string }>;
};

/** Signing in without anything to sign in with: whoever has a cookie of the map is somebody. */
export function createMemorySignIn(): MemorySignIn {
  const passwords = new Map<string, string>();
  const sessions: MemorySignIn["sessions"] = new Map();
  return {
    sessions,
    answer: async () => new Response(null, { status: 404 }),
    sessionOf: async (cookie) => sessions.get(cookie) ?? null,
    checkPassword: async (userId, password) => {
      const known = passwords.get(userId);
      return known === undefined ? null : known === password;
    },
    setPassword: async (userId, password) => void passwords.set(userId, password),
    forget: async (userId) => void passwords.delete(userId),
  };
}
