import { connect } from "node:net";
import { boundInterim, nodeHttp } from "#lib/node-http.ts";

const answerTimeoutMs = 5000;

/** Null when the port accepts a connection, else what happened. */
export function askPort(port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect({ port, host: "127.0.0.1", timeout: answerTimeoutMs });
  const answer = (problem: string | null) => {
    socket.destroy();
    resolve(problem);
  };
  socket.once("connect", () => answer(null));
  socket.once("timeout", () => answer(`port ${port} accepted nothing for 5 s`));
  socket.once("error", (error: NodeJS.ErrnoException) => answer(connectProblem(port, error)));
  return promise;
}

/**
 * Null when the path answers with a status below 400, else what happened. Whoever answers may be
 * hostile: it has five seconds for all of it, however little of it comes at a time.
 */
export function askPath(port: number, path: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const late = AbortSignal.timeout(answerTimeoutMs);
  const headers = { host: `127.0.0.1:${port}`, "user-agent": "Berth health check" };
  const asked = nodeHttp().request({
    port,
    host: "127.0.0.1",
    path,
    headers,
    agent: false,
  });
  boundInterim(asked);
  const answer = (problem: string | null) => {
    asked.destroy();
    resolve(problem);
  };
  asked.once("response", ({ statusCode = 0 }) =>
    answer(statusCode < 400 ? null : `GET ${path} on port ${port} answered ${statusCode}`),
  );
  late.addEventListener("abort", () =>
    answer(`GET ${path} on port ${port} gave no answer for 5 s`),
  );
  asked.once("error", (error: NodeJS.ErrnoException) => answer(connectProblem(port, error)));
  asked.end();
  return promise;
}

function connectProblem(port: number, error: NodeJS.ErrnoException): string {
  return error.code === "ECONNREFUSED"
    ? `nothing listens on port ${port}`
    : `port ${port} answered with ${error.code ?? error.message}`;
}
