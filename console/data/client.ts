import type { InputOf, Operation, ResultOf } from "#api/operation.ts";
import { createSseParser } from "../lib/sse.ts";
import { endSession, sessionHeaders } from "./session.ts";

/** A failure as the server tells it: what happened and what to do. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;
  readonly hint: string;
  readonly status: number;

  constructor(problem: { code: string; detail: string; hint: string }, status: number) {
    super(problem.detail);
    this.code = problem.code;
    this.hint = problem.hint;
    this.status = status;
  }
}

/** An answer that has not come by then does not: the connection may be dead without anybody's notice. */
const patienceMs = 30_000;
/** A change may wait for programs that take their time to stop. */
const patienceWithChangesMs = 180_000;

/** Calls an operation. @throws {ApiError} as the server refuses it, or when it cannot be reached. */
export async function call<O extends Operation>(
  operation: O,
  input: InputOf<O>,
  signal?: AbortSignal,
): Promise<ResultOf<O>> {
  const isChange = operation.method !== "GET";
  const patience = AbortSignal.timeout(isChange ? patienceWithChangesMs : patienceMs);
  const either = signal ? AbortSignal.any([signal, patience]) : patience;
  const response = await request(operation, input as LooseInput, either).catch((error: unknown) => {
    throw patience.aborted && !signal?.aborted ? new ApiError(unreachable, 0) : error;
  });
  // The server cuts every answer down to what the operation declares.
  return (await response.json()) as ResultOf<O>;
}

/** Calls an operation that streams, and gives its events as they come. */
export async function* follow<O extends Operation>(
  operation: O,
  input: InputOf<O>,
  signal: AbortSignal,
): AsyncGenerator<ResultOf<O>> {
  const response = await request(operation, input as LooseInput, signal);
  const parse = createSseParser();
  for await (const piece of piecesOf(response)) {
    // As above, for each event.
    for (const { data } of parse(piece)) yield JSON.parse(data) as ResultOf<O>;
  }
}

/** The text of a body as it comes. */
async function* piecesOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    yield next.value;
  }
}

/** Sends what a request holds and refuses an answer that is none. */
export async function send(path: string, init: Sent = {}): Promise<Response> {
  const response = await fetch(path, {
    ...init,
    headers: { ...sessionHeaders(), ...init.headers },
  }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new ApiError(unreachable, 0);
  });
  if (response.status === 401 && !isAskingWho(path)) endSession();
  if (!response.ok) throw await errorOf(response);
  return response;
}

type Sent = Omit<RequestInit, "headers"> & { readonly headers?: Record<string, string> };

const unreachable = {
  code: "unreachable",
  detail: "Berth does not answer.",
  hint: "It may be restarting. On the server: berth status",
};

/** What every operation's input is a case of. */
type LooseInput = {
  readonly params?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
};

function request(
  operation: Operation,
  input: LooseInput,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const { params = {}, query = {}, body } = input;
  const path = operation.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const url = `/api/v1${path}${search.size > 0 ? `?${search.toString()}` : ""}`;
  const hasBody = operation.method !== "GET" && operation.method !== "DELETE";
  return send(url, {
    method: operation.method,
    ...(signal ? { signal } : {}),
    ...(hasBody
      ? { body: JSON.stringify(body ?? {}), headers: { "content-type": "application/json" } }
      : {}),
  });
}

async function errorOf(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const textAt = (name: string, otherwise: string) =>
    typeof problem[name] === "string" ? problem[name] : otherwise;
  return new ApiError(
    {
      code: textAt("code", "internal"),
      detail: textAt("detail", `Berth answered ${response.status}.`),
      hint: textAt("hint", "On the server, see what is wrong with: berth doctor"),
    },
    response.status,
  );
}

/** There, that nobody is signed in is the answer, or that what was given is wrong. */
function isAskingWho(path: string): boolean {
  return path === "/api/v1/account" || path.startsWith("/api/auth/");
}
