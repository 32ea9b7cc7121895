import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import type { SignOn } from "#domain/sign-in.ts";

export const clientSecret = "what the company gave us";

export type SignOnProvider = AsyncDisposable & {
  readonly signOn: SignOn;
  /** Lets it send people back to a Berth, which knows its own address only when it runs. */
  readonly allow: (url: string) => void;
};

/** A real OpenID Connect server, which believes whoever says who they are. */
export async function startProvider(): Promise<SignOnProvider> {
  const place: { handle: ReturnType<Provider["callback"]> | null } = { handle: null };
  const server = createServer((request, response) => void place.handle?.(request, response));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    signOn: { name: "Company", issuer, clientId: "berth", clientSecret },
    allow: (url) => {
      const provider = new Provider(issuer, {
        clients: [
          {
            client_id: "berth",
            client_secret: clientSecret,
            redirect_uris: [`${url}/api/auth/callback/sign-on`],
          },
        ],
        claims: { email: ["email", "email_verified"], profile: ["name"] },
        conformIdTokenClaims: false,
        cookies: { keys: ["of this test"] },
        findAccount: (_context, id) => ({
          accountId: id,
          claims: () => ({ sub: id, email: id, email_verified: true, name: "Somebody" }),
        }),
      });
      place.handle = provider.callback();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
