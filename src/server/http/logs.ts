import { readLogs } from "#api/logs.ts";
import { handleStream, type Handler } from "./handle.ts";

export const logHandlers: readonly Handler[] = [
  handleStream(readLogs, ({ params, query, signal }, engine) =>
    engine.logs(
      params.target,
      {
        process: query.process ?? null,
        lines: query.lines,
        follow: query.follow === "true",
      },
      signal,
    ),
  ),
];
