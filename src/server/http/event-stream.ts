import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

type Around = {
  readonly signal: AbortSignal;
  /** Gives what the client is told of a failure, and logs it where that is due. */
  readonly reportOf: (error: unknown) => unknown;
};

/** A value that is written already, for all who get the same. */
export class WrittenEvent {
  readonly text: string;

  constructor(value: unknown) {
    this.text = textOf(value);
  }
}

const heartbeatMs = 15_000;
/** A comment, which says that the connection lives. */
const heartbeat = ":\n\n";
/** Whoever waits for something that may take long is told by then that they are connected. */
const patienceMs = 250;

/**
 * The answer of a stream operation as server-sent events: the value as JSON on one line, and its
 * `id`, if it has one, as the id from which a client may go on. What fails at once still gets a
 * status of its own; a later failure becomes a last event `{error}`.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function eventStream(
  values: AsyncIterable<unknown>,
  around: Around,
): Promise<Readable> {
  const iterator: AsyncIterator<unknown, unknown> = values[Symbol.asyncIterator]();
  const first = iterator.next();
  const enough = new AbortController();
  await Promise.race([first, sleep(patienceMs, null, { signal: enough.signal })]);
  enough.abort();
  const out = new PassThrough();
  const beat = setInterval(() => {
    if (out.writableLength === 0) out.write(heartbeat);
  }, heartbeatMs);
  out.once("close", () => clearInterval(beat));
  void send(iterator, first, { out, ...around });
  return out;
}

async function send(
  iterator: AsyncIterator<unknown, unknown>,
  first: Promise<IteratorResult<unknown, unknown>>,
  { out, signal, reportOf }: Around & { readonly out: PassThrough },
): Promise<void> {
  try {
    out.write(heartbeat);
    for (let next = await first; !next.done; next = await iterator.next()) {
      const text = next.value instanceof WrittenEvent ? next.value.text : textOf(next.value);
      if (!out.write(text)) await once(out, "drain", { signal });
    }
  } catch (error) {
    if (!signal.aborted) out.write(textOf({ type: "error", error: reportOf(error) }));
  } finally {
    out.end();
    // It ends with the signal; what fails then concerns nobody.
    Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

function textOf(value: unknown): string {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  const place = typeof id === "number" ? `id: ${id}\n` : "";
  return `${place}data: ${JSON.stringify(value)}\n\n`;
}
