import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Known } from "#domain/audit.ts";
import { PlatformError } from "#domain/errors.ts";
import { signInPaths, type SignInPath } from "#domain/sign-in.ts";
import { addressOf, UserName, type User } from "#domain/user.ts";
import { difference } from "#engine/people/fact.ts";
import type { People } from "#engine/people/people.ts";
import { refuseOtherSites } from "./origin.ts";
import { peerOf } from "./peer.ts";

/** How browsers reach the server, as it is configured at the moment. */
export type Surroundings = {
  /** Where browsers find us, without a slash at the end. */
  readonly url: () => string;
  /** Addresses whose X-Forwarded-For is believed. */
  readonly trustedProxies: () => readonly string[];
  /** What the console calls the company's sign-on; null without one. */
  readonly signOnName: () => string | null;
};

type Options = {
  readonly door: Surroundings;
  readonly people: People;
};

const Password = z.object({ name: z.string().max(200), password: z.string().max(200) });

/** Serves `/api/auth`: exactly the paths of `signInPaths`, to anybody. */
export function addSignIn(app: FastifyInstance, options: Options): void {
  for (const [path, asked] of Object.entries(signInPaths)) {
    app.route({
      method: asked.method,
      url: `/api/auth${path}`,
      handler: (request, reply) => answer(request, reply, { ...options, asked }),
    });
  }
}

/** Whether a path is one of these: it asks no permission, as it is where one gets it. */
export function isSignInPath(url: string): boolean {
  const [path = ""] = url.split("?", 1);
  return path.startsWith("/api/auth/");
}

/** Where a request really comes from. */
export function addressOfRequest(
  request: FastifyRequest,
  trustedProxies: readonly string[],
): string {
  const forwarded = request.headers["x-forwarded-for"];
  const text = Array.isArray(forwarded) ? forwarded.join(",") : forwarded;
  return peerOf(request.socket.remoteAddress, text, trustedProxies);
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { door, people, asked }: Options & { readonly asked: SignInPath },
): Promise<FastifyReply> {
  const address = addressOfRequest(request, door.trustedProxies());
  if (asked.method === "POST") refuseOtherSites(request.headers, door.url());
  const known = asked.audit === null ? null : await userIn(people, request.headers.cookie);
  const before = known ? people.facts({ user: known.name }) : {};
  const look = () => people.signIn.answer(forwardOf(request, { door, people, address }));
  const response = asked.isGuess
    ? await people.attempts.guess(address, look, ({ status }) => status >= 400)
    : await look();
  if (asked.audit !== null) {
    await note(people, { operation: asked.audit, address, request, response, known, before });
  }
  // Of its own errors this is the one that a person meets who did nothing wrong.
  if (asked.audit === "sign_in.link" && response.status === 401) {
    throw new PlatformError("link_not_valid");
  }
  return send(reply, response, asked);
}

/** The request for the library: nothing of it but what it needs, and the address that we saw. */
function forwardOf(
  request: FastifyRequest,
  { door, people, address }: Pick<Options, "door" | "people"> & { readonly address: string },
): Request {
  const { headers, method } = request;
  const origin = headers.origin ?? door.url();
  const sent = new Headers({ "x-berth-peer": address, origin });
  for (const name of ["cookie", "user-agent"] as const) {
    const value = headers[name];
    if (value !== undefined) sent.set(name, value);
  }
  if (method === "GET") return new Request(origin + request.url, { headers: sent });
  sent.set("content-type", "application/json");
  const isPassword = request.url.startsWith("/api/auth/sign-in/email");
  const body = isPassword ? withAddress(request.body, people) : (request.body ?? {});
  return new Request(origin + request.url, {
    method,
    headers: sent,
    body: JSON.stringify(body),
  });
}

/** People say their name; the library knows them by their address. */
function withAddress(body: unknown, people: People): { email: string; password: string } {
  const parsed = Password.safeParse(body);
  if (!parsed.success) {
    const problem = "give name and password";
    throw new PlatformError("invalid_input", { field: "The request", problem });
  }
  const { name, password } = parsed.data;
  const known = people.addressOf(name.trim().toLowerCase());
  // An unknown name takes the same way, and the same time, as a known one.
  return { email: known ?? addressOf("nobody", null), password };
}

type Answered = {
  readonly operation: string;
  readonly address: string;
  readonly request: FastifyRequest;
  readonly response: Response;
  /** Who was signed in when it was asked, and what was so about them. */
  readonly known: User | null;
  readonly before: Known;
};

async function note(people: People, answered: Answered): Promise<void> {
  const { operation, address, request, response, known, before } = answered;
  const user = (await userIn(people, cookiesOf(response))) ?? known;
  const isDone = response.status < 400 && !response.headers.get("location")?.includes("error=");
  const who = user ?? { name: nameIn(request.body), id: null };
  people.note({
    operation,
    address,
    actor: who.name,
    userId: who.id,
    door: "console",
    target: who.name,
    appId: null,
    teamId: null,
    input: {},
    // Of whoever was nobody before, nothing is known from then.
    ...difference(before, known ? people.facts({ user: known.name }) : {}),
    outcome: isDone ? "done" : "refused",
    code: isDone ? null : "sign_in_needed",
  });
}

/** The cookies that an answer gives. */
function cookiesOf({ headers }: Response): string {
  return headers
    .getSetCookie()
    .map((it) => it.split(";", 1)[0] ?? "")
    .join("; ");
}

/** Who is signed in with these cookies. */
async function userIn(people: People, cookie: string | undefined): Promise<User | null> {
  const session = cookie === undefined ? null : await people.signIn.sessionOf(cookie);
  return session ? people.userById(session.userId) : null;
}

/** Who somebody says they are, if that could be a name. */
function nameIn(body: unknown): string {
  const named = z.object({ name: UserName }).safeParse(body);
  return named.success ? named.data.name : "somebody";
}

async function send(
  reply: FastifyReply,
  response: Response,
  { method, audit }: SignInPath,
): Promise<FastifyReply> {
  for (const name of ["content-type", "location"]) {
    const value = response.headers.get(name);
    if (value !== null) void reply.header(name, value);
  }
  const onlyLooks = method === "GET" && audit === null;
  // Of a session that is over the library takes the cookie away; the browser may have the next by then.
  const cookies = response.headers
    .getSetCookie()
    .filter((it) => !(onlyLooks && /; Max-Age=0(?:;|$)/i.test(it)));
  if (cookies.length > 0) void reply.header("set-cookie", cookies);
  void reply.header("cache-control", "no-store");
  return reply.status(response.status).send(Buffer.from(await response.arrayBuffer()));
}
