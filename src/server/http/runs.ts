import { createRun, listCustomCommands } from "#api/runs.ts";
import { handle, type Handler } from "./handle.ts";

export const runHandlers: readonly Handler[] = [
  handle(createRun, async ({ params, body, actor }, engine) => ({
    id: await engine.createRun(params.target, body, actor),
  })),
  handle(listCustomCommands, async ({ params, body }, engine) => {
    const commands = await engine.customCommands(params.target, body.names);
    return commands.map((command) => ({ command }));
  }),
];
