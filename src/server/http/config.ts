import { changeConfigVars, listConfigVars } from "#api/config.ts";
import { handle, type Handler } from "./handle.ts";

export const configHandlers: readonly Handler[] = [
  handle(listConfigVars, ({ params }, engine) => engine.configVars(params.target)),
  handle(changeConfigVars, async ({ params, body, actor }, engine) => ({
    job: await engine.setConfigVars(params.target, body, actor),
  })),
];
