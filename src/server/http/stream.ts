import { Readable } from "node:stream";

type Lines = AsyncIterator<unknown, unknown>;

/**
 * The answer of a stream operation: a line of JSON for each value. The first value is awaited
 * before anything is sent, so that a failure up to there still has a status of its own; a later
 * one becomes a last line `{error}`.
 * @param reportOf Gives what the client is told of a failure, and logs it where that is due.
 */
export async function ndjson(
  values: AsyncIterable<unknown>,
  signal: AbortSignal,
  reportOf: (error: unknown) => unknown,
): Promise<Readable> {
  const lines: Lines = values[Symbol.asyncIterator]();
  const first = await lines.next();
  return Readable.from(textOf(lines, first, { signal, reportOf }), { objectMode: false });
}

async function* textOf(
  lines: Lines,
  first: IteratorResult<unknown, unknown>,
  { signal, reportOf }: { signal: AbortSignal; reportOf: (error: unknown) => unknown },
): AsyncGenerator<string> {
  try {
    for (let next = first; !next.done; next = await lines.next()) {
      yield `${JSON.stringify(next.value)}\n`;
    }
  } catch (error) {
    if (!signal.aborted) yield `${JSON.stringify({ error: reportOf(error) })}\n`;
  } finally {
    await lines.return?.();
  }
}
