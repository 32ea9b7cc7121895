import { chmod, rename, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { fastify, type FastifyError, type FastifyInstance } from "fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import { openApiDocument } from "#api/openapi.ts";
import { PlatformError, withDiskFull } from "#domain/errors.ts";
import type { Caller } from "#domain/caller.ts";
import type { Change } from "#domain/changes.ts";
import type { Engine } from "#engine/engine.ts";
import {
  bearerOf,
  documentPath,
  openPaths,
  socketCaller,
  tokenBearer,
  type Listener,
} from "./access.ts";
import { assertGuarded } from "./admit.ts";
import { addConsole, isConsolePath, type ConsoleFiles } from "./console.ts";
import { problemOf } from "./errors.ts";
import { handlers } from "./handlers.ts";
import { createOpenStreams, type OpenStreams } from "./open-streams.ts";
import { refuseOtherSites } from "./origin.ts";
import { prometheusType, renderPrometheus } from "./prometheus.ts";
import { addRoute, callerIn } from "./route.ts";
import { serveSession } from "./sessions.ts";
import { addressOfRequest, addSignIn, isSignInPath, type Surroundings } from "./sign-in.ts";
import { welcomeHeaders, welcomePage } from "./welcome.ts";

export type HttpServerOptions = {
  readonly engine: Engine;
  readonly version: string;
  /** Whether a token lets its bearer in; compare with `sameToken` of `access.ts`. */
  readonly tokenOk: (token: string) => boolean;
  /** Nothing in front of the server when it is missing. */
  readonly surroundings?: Surroundings;
  readonly log: { readonly error: (fields: object, message: string) => void };
  /** The built console; without it the front page says what to do instead. */
  readonly console?: ConsoleFiles | null;
};

/** The API on its two doors. Closing it cuts every connection; clients that follow come again. */
export type HttpServer = AsyncDisposable & {
  /** Serves on a unix socket that only this account can open; what stood there is replaced. */
  readonly listenSocket: (path: string) => Promise<void>;
  /** Serves on an address; resolves with the port, which is a free one when `port` is 0. */
  readonly listenTcp: (host: string, port: number) => Promise<number>;
};

const bodyBytesMax = 1024 * 1024;
const requestTimeoutMs = 30_000;
const streamCheckMs = 30_000;

type DoorOptions = HttpServerOptions & { readonly streams: OpenStreams };

/** The operations of `api/` over HTTP. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const open: FastifyInstance[] = [];
  const streams = createOpenStreams();
  // Sessions and tokens run out by themselves, too.
  const checking = setInterval(() => void streams.check(), streamCheckMs).unref();
  const changing = checkOnChange(options.engine, streams);
  const opened = (door: Listener): FastifyInstance => {
    const app = createDoor(door, { ...options, streams });
    open.push(app);
    return app;
  };
  return {
    listenSocket: (path) => listenSocket(opened("socket"), path),
    async listenTcp(host, port) {
      const app = opened("tcp");
      await app.listen({ host, port });
      // A server that listens on TCP has an address with a port.
      return (app.server.address() as AddressInfo).port;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(checking);
      changing[Symbol.dispose]();
      await Promise.all(open.map((app) => app.close()));
    },
  };
}

/** By these somebody may have fewer rights than before. */
const ofRights: ReadonlySet<Change["of"]> = new Set([
  "access",
  "teams",
  "users",
  "keys",
  "tokens",
  "sessions",
]);

/** Whatever takes rights away, what is open is looked at once, when all of it is done. */
function checkOnChange(engine: Engine, streams: OpenStreams): Disposable {
  let isDue = false;
  const check = (): void => {
    isDue = false;
    void streams.check();
  };
  return engine.listen(({ of }) => {
    if (isDue || !ofRights.has(of)) return;
    isDue = true;
    setImmediate(check);
  });
}

/** The socket appears with its mode set, and takes the place of one that a crash left behind. */
async function listenSocket(app: FastifyInstance, path: string): Promise<void> {
  const early = `${path}.new`;
  await rm(early, { force: true });
  await app.listen({ path: early });
  await chmod(early, 0o600);
  await rename(early, path);
}

/** Made when it is first asked for, since few do. */
let document: { readonly version: string; readonly text: string } | null = null;

function documentOf(version: string): string {
  if (document?.version !== version) {
    document = { version, text: JSON.stringify(openApiDocument(version)) };
  }
  return document.text;
}

function createDoor(door: Listener, options: DoorOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 500 },
  });
  app.setErrorHandler((error, _request, reply) => fail(reply, error, options.log));
  app.setNotFoundHandler((request) => {
    const command = `${request.method} ${request.url.slice(0, 200)}`;
    throw Object.assign(new PlatformError("unknown_command", { command, suggestion: "" }), {
      statusCode: 404,
    });
  });
  const { people } = options.engine;
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request, reply) => {
    // What somebody wrote is no page, whatever it looks like.
    void reply.header("x-content-type-options", "nosniff");
    if (isOpen(request, options)) return;
    request.caller = await callerOf(door, request, options);
  });
  if (door === "tcp") addSignIn(app, { door: surroundingsOf(options), people });
  if (options.console) addConsole(app, options.console);
  else app.get("/", (_request, reply) => reply.headers(welcomeHeaders).send(welcomePage));
  app.get("/health", async () => ({ status: "ok" }));
  app.get("/api/v1/version", async () => ({
    name: "berth",
    version: options.version,
    signOn: surroundingsOf(options).signOnName(),
  }));
  app.get(documentPath, (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(documentOf(options.version)),
  );
  app.get("/metrics", (request, reply) => {
    people.permit(callerIn(request), "installation:read", {});
    return reply.type(prometheusType).send(renderPrometheus(options.engine.metricFamilies()));
  });
  for (const { operation } of handlers) assertGuarded(operation);
  const again = (request: FastifyRequest) => callerOf(door, request, options);
  for (const handler of handlers) addRoute(app, { door, handler, options, again });
  app.server.on("upgrade", (request, connection, head) => {
    // What came together with the request is not the request's.
    connection.unshift(head);
    serveSession(request, connection, options.engine.openRun);
  });
  return app;
}

function surroundingsOf({ surroundings }: HttpServerOptions): Surroundings {
  return surroundings ?? bareSurroundings;
}

const bareSurroundings: Surroundings = {
  url: () => "http://localhost",
  trustedProxies: () => [],
  signOnName: () => null,
};

/** @throws {PlatformError} `sign_in_needed`, `not_permitted` */
async function callerOf(
  door: Listener,
  request: FastifyRequest,
  options: HttpServerOptions,
): Promise<Caller> {
  if (door === "tcp") return tcpCaller(request, options);
  return socketCaller(request.headers, options.engine.people);
}

/** What is answered to anybody. */
function isOpen({ method, url }: FastifyRequest, { console }: HttpServerOptions): boolean {
  if (isSignInPath(url)) return true;
  if (method !== "GET") return false;
  return openPaths.has(url) || (!!console && isConsolePath(method, url));
}

/** @throws {PlatformError} `sign_in_needed` unless there is a good token or session. */
async function tcpCaller(request: FastifyRequest, options: HttpServerOptions): Promise<Caller> {
  const { engine, tokenOk } = options;
  const { people } = engine;
  const surroundings = surroundingsOf(options);
  const { headers, method } = request;
  const address = addressOfRequest(request, surroundings.trustedProxies());
  const token = bearerOf(headers.authorization);
  if (token !== null) return tokenBearer(token, address, { people, tokenOk });
  const session = headers.cookie?.includes("session_token")
    ? await people.signIn.sessionOf(headers.cookie)
    : null;
  const caller = session && people.userCaller(session, { door: "console", address });
  if (!caller) throw new PlatformError("sign_in_needed", { problem: "" });
  if (method !== "GET") refuseOtherSites(headers, surroundings.url());
  return caller;
}

function fail(reply: FastifyReply, error: unknown, log: HttpServerOptions["log"]): FastifyReply {
  const { statusCode } = error as Partial<FastifyError>;
  const cause = withDiskFull(error, "Berth's home");
  const known = cause instanceof PlatformError ? cause : requestError(error);
  if (known === null) log.error({ err: error }, "A request failed.");
  const problem = problemOf(known ?? error, known === null ? 500 : statusCode);
  if (known?.code === "too_many_attempts") {
    void reply.header("retry-after", String(known.details["seconds"]));
  }
  if (problem.status === 401) void reply.header("www-authenticate", "Bearer");
  return reply.status(problem.status).type("application/problem+json").send(problem);
}

/** What the HTTP server itself refuses: bodies that are too large, no JSON, or cut off. */
function requestError(error: unknown): PlatformError | null {
  if (!(error instanceof Error) || !("statusCode" in error)) return null;
  if (Number(error.statusCode) >= 500) return null;
  return new PlatformError("invalid_input", {
    field: "The request",
    problem: error.message.replace(/\.$/, ""),
  });
}
