import { addKey, listKeys, rebuildKeys, removeKey } from "#api/keys.ts";
import { handle, type Handler } from "./handle.ts";

export const keyHandlers: readonly Handler[] = [
  handle(listKeys, (_call, engine) => engine.listKeys()),
  handle(addKey, ({ body, actor }, engine) => engine.addKey(body.name, body.key, actor)),
  handle(removeKey, async ({ params, actor }, engine) => {
    await engine.removeKey(params.name, actor);
    return { removed: params.name };
  }),
  handle(rebuildKeys, async (_call, engine) => ({ keys: await engine.rebuildKeys() })),
];
