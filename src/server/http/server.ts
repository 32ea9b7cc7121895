import { chmod, rename, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { fastify, type FastifyError, type FastifyInstance } from "fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Operation } from "#api/operation.ts";
import { PlatformError, reportOf, withDiskFull } from "#domain/errors.ts";
import type { Caller } from "#domain/caller.ts";
import type { Engine } from "#engine/engine.ts";
import { bearerOf, openPaths, socketCaller, tokenBearer, type Listener } from "./access.ts";
import { assertGuarded } from "./admit.ts";
import { addConsole, isConsolePath, type ConsoleFiles } from "./console.ts";
import { isBug, problemOf } from "./errors.ts";
import type { Handler } from "./handle.ts";
import { handlers } from "./handlers.ts";
import { eventStream } from "./event-stream.ts";
import { createOpenStreams, type OpenStreams } from "./open-streams.ts";
import { refuseOtherSites } from "./origin.ts";
import { prometheusType, renderPrometheus } from "./prometheus.ts";
import { serveSession } from "./sessions.ts";
import { addressOfRequest, addSignIn, isSignInPath, type Surroundings } from "./sign-in.ts";
import { welcomeHeaders, welcomePage } from "./welcome.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; null on a path that is answered to anybody. */
    caller: Caller | null;
  }
}

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
      await Promise.all(open.map((app) => app.close()));
    },
  };
}

/** The socket appears with its mode set, and takes the place of one that a crash left behind. */
async function listenSocket(app: FastifyInstance, path: string): Promise<void> {
  const early = `${path}.new`;
  await rm(early, { force: true });
  await app.listen({ path: early });
  await chmod(early, 0o600);
  await rename(early, path);
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
  app.addHook("onRequest", async (request) => {
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
  app.get("/metrics", (request, reply) => {
    people.permit(callerIn(request), "installation:read", {});
    return reply.type(prometheusType).send(renderPrometheus(options.engine.metricFamilies()));
  });
  for (const { operation } of handlers) assertGuarded(operation);
  for (const handler of handlers) addRoute(app, { door, handler, options });
  app.server.on("upgrade", (request, connection) =>
    serveSession(request, connection, options.engine.openRun),
  );
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

function addRoute(
  app: FastifyInstance,
  route: {
    readonly door: Listener;
    readonly handler: Handler;
    readonly options: DoorOptions;
  },
): void {
  const { door, handler, options } = route;
  const { operation } = handler;
  app.route({
    method: operation.method,
    url: `/api/v1${operation.path}`,
    handler: async (request, reply) => {
      if (operation.localOnly && door !== "socket") {
        throw new PlatformError("not_permitted", { actor: "A client from outside" });
      }
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const { params, body } = request;
      const query = operation.stream ? withLastEvent(request) : request.query;
      const caller = callerIn(request);
      const answer = handler.run(
        { params, query, body, caller, signal: gone.signal },
        options.engine.through(caller.door),
      );
      if (answer instanceof Promise) {
        const value = await answer;
        if (changesRights(operation)) await options.streams.check();
        return value;
      }
      const cut = (): void => {
        gone.abort();
        reply.raw.destroy();
      };
      const again = () => callerOf(door, request, options);
      gone.signal.addEventListener("abort", options.streams.add({ caller, again, cut }));
      const events = await eventStream(answer, {
        signal: gone.signal,
        reportOf: (error) => {
          if (isBug(error)) options.log.error({ err: error }, "A stream failed.");
          return reportOf(error);
        },
      });
      return reply.headers(streamHeaders).send(events);
    },
  });
}

/** Whether somebody may have fewer rights afterwards. */
function changesRights({ method, needs }: Operation): boolean {
  return method !== "GET" && (needs.endsWith(":admin") || needs === "own:change");
}

/**
 * Who asks. A path may be written in ways that look open, such as /%61pi: what is behind it asks
 * here, and nobody is not let in.
 */
function callerIn({ caller }: FastifyRequest): Caller {
  if (caller) return caller;
  throw new PlatformError("sign_in_needed", { problem: "" });
}

const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // A proxy in front must not gather events.
  "x-accel-buffering": "no",
};

/** A browser that comes again says so in a header; it goes on after that event. */
function withLastEvent({ headers, query }: FastifyRequest): unknown {
  const last = headers["last-event-id"];
  return typeof last === "string" && last !== "" ? { ...(query as object), after: last } : query;
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
