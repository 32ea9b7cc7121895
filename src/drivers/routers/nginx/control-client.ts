import { text } from "node:stream/consumers";
import { createTransport } from "#lib/http.ts";

/** nginx answered, but would not do what it was asked. */
export class ControlRefused extends Error {
  override readonly name = "ControlRefused";
}

export type ControlRequest = {
  readonly method: "GET" | "PUT" | "PATCH";
  readonly path: string;
  readonly body?: string;
  readonly timeoutMs: number;
};

/**
 * Asks nginx's control socket and gives the body of its answer.
 * @throws {ControlRefused} for a status other than 200; a system error when nobody listens.
 */
export async function askControl(socketPath: string, asked: ControlRequest): Promise<string> {
  const { method, path, timeoutMs } = asked;
  const signal = AbortSignal.timeout(timeoutMs);
  const ask = createTransport({ socketPath });
  const answer = await ask({ method, path, body: asked.body ?? null, signal });
  const body = await text(answer.body);
  if (answer.status === 200) return body;
  throw new ControlRefused(`it answered ${answer.status} ${body.trim()}`);
}
