import { readLogs } from "#api/logs.ts";
import { handleStream, type Handler } from "./handle.ts";

export const logHandlers: readonly Handler[] = [
  handleStream(readLogs, ({ params, query, signal }, engine) =>
    engine.logs(
      params.target,
      {
        origins: query.source,
        process: query.process ?? null,
        grep: query.grep ?? null,
        request: query.request ?? null,
        since: query.since === undefined ? null : new Date(query.since),
        lines: query.lines,
        follow: query.follow === "true",
      },
      signal,
    ),
  ),
];
