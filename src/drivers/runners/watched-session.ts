import { PlatformError } from "#domain/errors.ts";
import {
  parseFailure,
  sessionFrames,
  type CommandSession,
  type Outcome,
  type RunOptions,
  type Session,
} from "#domain/runner.ts";
import { encodeFrame, frameReader } from "#lib/frames.ts";

export const frameBytesMax = 1024 * 1024;

/** The same conversation, of which is noted what was printed and how the command ended. */
export function watchedSession(
  session: Session,
  { onOutput, signal }: Pick<RunOptions, "onOutput" | "signal">,
): CommandSession {
  const { promise: outcome, resolve, reject } = Promise.withResolvers<Outcome | null>();
  outcome.catch(() => {});
  const read = frameReader(frameBytesMax);
  const look = (chunk: Uint8Array): void => {
    for (const { type, payload } of read(chunk)) {
      if (type === sessionFrames.output || type === sessionFrames.errorOutput) onOutput(payload);
      if (type === sessionFrames.result) resolve(outcomeFrom(payload.toString()));
      if (type === sessionFrames.failure) reject(parseFailure(payload.toString()));
    }
  };
  const close = (): void => {
    session.close();
    resolve(null);
  };
  signal.addEventListener("abort", close);
  return {
    outcome,
    write: session.write,
    close,
    bytes: (async function* () {
      try {
        for await (const chunk of session.bytes) {
          look(chunk);
          yield chunk;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        signal.removeEventListener("abort", close);
        close();
      }
      if (signal.aborted) yield refusal(signal.reason);
    })(),
  };
}

export function outcomeFrom(json: string): Outcome {
  // Of berth-root, which berthd trusts.
  return (JSON.parse(json) as { value: Outcome }).value;
}

function refusal(reason: unknown): Buffer {
  const { code, details } =
    reason instanceof PlatformError ? reason : new PlatformError("stopping");
  return encodeFrame(sessionFrames.failure, JSON.stringify({ code, details }));
}
