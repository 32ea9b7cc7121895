import { prepareCustomCommands, prepareRun } from "#api/runs.ts";
import { handle, type Handler } from "./handle.ts";

export const runHandlers: readonly Handler[] = [
  handle(prepareRun, ({ params, body, actor }, engine) =>
    engine.prepareRun(params.target, body.command, actor),
  ),
  handle(prepareCustomCommands, ({ params, body, actor }, engine) =>
    engine.prepareCustomCommands(params.target, body.names, actor),
  ),
];
