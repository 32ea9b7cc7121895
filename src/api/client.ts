import { errorCatalog, PlatformError, type ErrorKind, type ErrorReport } from "#domain/errors.ts";
import type { InputOf, Operation, ResultOf, Route } from "./operation.ts";

/** What carries a request to the server and the answer back; `lib/http.ts` makes them. */
export type Transport = (request: {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
  readonly signal: AbortSignal | null;
}) => Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }>;

export type Answer<O extends Operation> = O["stream"] extends true
  ? AsyncIterable<ResultOf<O>>
  : Promise<ResultOf<O>>;

/** Calls an operation. A stream ends when its server, its reader or `signal` ends it. */
export type Client = <O extends Operation>(
  operation: O,
  input: InputOf<O>,
  signal?: AbortSignal,
) => Answer<O>;

/** A failure that the server reported. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  readonly code: string;
  readonly kind: ErrorKind;
  readonly hint: string;

  constructor(report: ErrorReport) {
    super(report.message);
    this.code = report.code;
    this.kind = kindOf(report.code);
    this.hint = report.hint;
  }
}

/**
 * A client whose calls are typed by the operations they name. It loads no schema, so that it is
 * quick to start: the server checks what is asked and is trusted in what it answers.
 * @param where How an unreachable server is named to people: its home directory or its address.
 * @throws {PlatformError} `not_running` when the server cannot be reached or goes away.
 * @throws {RemoteError} when the server reports a failure.
 */
export function createClient(transport: Transport, where = "its home"): Client {
  return <O extends Operation>(operation: O, input: InputOf<O>, signal?: AbortSignal) => {
    // Every input consists of these parts; what else is known of them went with the type.
    const parts = input as Parts;
    const send = (): Promise<AsyncIterable<Uint8Array>> =>
      request(transport, { operation, input: parts, signal: signal ?? null, where });
    const answer = operation.stream ? eventsOf(send, where) : valueOf(send, where);
    // The server answers as the operation says: `handle` has parsed the answer with its schema.
    return answer as Answer<O>;
  };
}

type Parts = {
  readonly params?: Record<string, string | number>;
  readonly query?: Record<string, string | number | boolean | undefined>;
  readonly body?: unknown;
};

type Call = {
  readonly operation: Route;
  readonly input: Parts;
  readonly signal: AbortSignal | null;
  readonly where: string;
};

async function request(transport: Transport, call: Call): Promise<AsyncIterable<Uint8Array>> {
  const { operation, input, signal, where } = call;
  const answer = await transport({
    method: operation.method,
    path: pathOf(operation, input),
    body: input.body === undefined ? null : JSON.stringify(input.body),
    signal,
  }).catch((error: unknown) => rethrow(error, where));
  if (answer.status < 300) return answer.body;
  throw new RemoteError(reportFrom(await textOf(answer.body), answer.status));
}

function pathOf(operation: Route, input: Parts): string {
  const path = operation.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(input.params?.[name] ?? "")),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  return `/api/v1${path}${query.size > 0 ? `?${query.toString()}` : ""}`;
}

async function valueOf(
  send: () => Promise<AsyncIterable<Uint8Array>>,
  where: string,
): Promise<unknown> {
  const body = await send();
  return JSON.parse(await textOf(body).catch((error: unknown) => rethrow(error, where)));
}

/**
 * The value of each server-sent event, which stands on one line; `{error}` is a failure in the
 * middle of the stream. Ids and comments are of no use here.
 */
async function* eventsOf(
  send: () => Promise<AsyncIterable<Uint8Array>>,
  where: string,
): AsyncGenerator {
  const body = await send();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* valuesIn(lines);
    }
  } catch (error) {
    rethrow(error, where);
  }
}

function* valuesIn(lines: readonly string[]): Generator {
  for (const line of lines) if (line.startsWith("data:")) yield valueOfLine(line);
}

function valueOfLine(line: string): unknown {
  const value = JSON.parse(line.slice("data:".length)) as { error?: ErrorReport };
  if (value.error) throw new RemoteError(value.error);
  return value;
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

function reportFrom(text: string, status: number): ErrorReport {
  const fallback = { code: "internal", message: `The server answered ${status}.`, hint: "" };
  try {
    const problem = JSON.parse(text) as { code?: string; detail?: string; hint?: string };
    return {
      code: problem.code ?? fallback.code,
      message: problem.detail ?? fallback.message,
      hint: problem.hint ?? fallback.hint,
    };
  } catch {
    return fallback;
  }
}

function kindOf(code: string): ErrorKind {
  // A newer server may know codes that this client does not.
  return Object.hasOwn(errorCatalog, code)
    ? errorCatalog[code as keyof typeof errorCatalog].kind
    : "failed";
}

const unreachable = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOTFOUND"]);

function rethrow(error: unknown, where: string): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (unreachable.has(code))
    throw new PlatformError("not_running", { home: where }, { cause: error });
  if (code === "EACCES") throw new PlatformError("home_closed", { home: where }, { cause: error });
  throw error;
}
