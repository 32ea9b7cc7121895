import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "#domain/caller.ts";
import { PlatformError, reportOf } from "#domain/errors.ts";
import type { Listener } from "./access.ts";
import { isBug } from "./errors.ts";
import { eventStream } from "./event-stream.ts";
import { refuseUnlessPermitted, type Handler, type RawCall } from "./handle.ts";
import { carryOutOnce } from "./idempotency.ts";
import { haveSameRights, type OpenStreams } from "./open-streams.ts";
import type { HttpServerOptions } from "./server.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; null on a path that is answered to anybody. */
    caller: Caller | null;
  }
}

type Route = {
  readonly door: Listener;
  readonly handler: Handler;
  readonly options: Pick<HttpServerOptions, "engine" | "log"> & { readonly streams: OpenStreams };
  /** Asks again who it is that asks, as they may have lost what they had. */
  readonly again: (request: FastifyRequest) => Promise<Caller>;
};

/** Serves an operation. */
export function addRoute(app: FastifyInstance, route: Route): void {
  const { door, handler } = route;
  const { operation } = handler;
  app.route({
    method: operation.method,
    url: `/api/v1${operation.path}`,
    handler: async (request, reply) => {
      if (operation.localOnly && door !== "socket") {
        throw new PlatformError("not_permitted", { actor: "A client from outside" });
      }
      return operation.stream
        ? answerStream({ request, reply }, route)
        : answerValue({ request, reply }, route);
    },
  });
}

/**
 * Who asks. A path may be written in ways that look open, such as /%61pi: what is behind it asks
 * here, and nobody is not let in.
 */
export function callerIn({ caller }: FastifyRequest): Caller {
  if (caller) return caller;
  throw new PlatformError("sign_in_needed", { problem: "" });
}

type Exchange = { readonly request: FastifyRequest; readonly reply: FastifyReply };

async function answerValue({ request, reply }: Exchange, route: Route): Promise<unknown> {
  const { handler, options } = route;
  const { operation, run } = handler;
  const { engine } = options;
  const caller = callerIn(request);
  const { params, query, body } = request;
  const { signal } = untilGone(reply);
  // What is no stream is a promise.
  const work = async () => {
    const call = { params, query, body, caller, signal, watch: watchOf(request, route) };
    return run(call, engine.through(caller.door)) as Promise<unknown>;
  };
  const key = request.headers["idempotency-key"];
  if (key === undefined || operation.method === "GET") return work();
  const asked = { key, caller, request: { url: request.url, body } };
  const { answer, isRepeated } = await carryOutOnce(engine, operation, { ...asked, work });
  if (isRepeated) void reply.header("idempotency-replayed", "true");
  return answer;
}

async function answerStream({ request, reply }: Exchange, route: Route): Promise<FastifyReply> {
  const { handler, options, again } = route;
  const { engine, log, streams } = options;
  const caller = callerIn(request);
  const { params, body } = request;
  streams.refuseCrowd(caller);
  const { userId } = caller;
  const { gone, signal } = untilGone(reply);
  const cut = (): void => {
    gone.abort();
    reply.raw.destroy();
  };
  const parts = { params, query: withLastEvent(request), body };
  const mayStay = (now: Caller): boolean => {
    if (!haveSameRights(caller, now)) return false;
    // What it is about may have come to others.
    refuseUnlessPermitted(handler.operation, { ...parts, caller: now }, engine);
    return true;
  };
  signal.addEventListener(
    "abort",
    streams.add({ userId, again: () => again(request), mayStay, cut }),
  );
  const call = { ...parts, caller, signal, watch: watchOf(request, route) };
  // What is a stream is one of events.
  const answer = handler.run(call, engine.through(caller.door)) as AsyncIterable<unknown>;
  const events = await eventStream(answer, {
    signal,
    reportOf: (error) => {
      if (isBug(error)) log.error({ err: error }, "A stream failed.");
      return reportOf(error);
    },
  });
  return reply.headers(streamHeaders).send(events);
}

function watchOf(
  request: FastifyRequest,
  { options: { streams }, again }: Route,
): RawCall["watch"] {
  return (watched) => streams.add({ again: () => again(request), ...watched });
}

const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // A proxy in front must not gather events.
  "x-accel-buffering": "no",
};

/** Aborts when the client is gone. */
function untilGone(reply: FastifyReply): { gone: AbortController; signal: AbortSignal } {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return { gone, signal: gone.signal };
}

/** A browser that comes again says so in a header; it goes on after that event. */
function withLastEvent({ headers, query }: FastifyRequest): unknown {
  const last = headers["last-event-id"];
  return typeof last === "string" && last !== "" ? { ...(query as object), after: last } : query;
}
