import { cleanUp, platformStatus, rotateSecrets, shutDown } from "#api/platform.ts";
import { handle, type Handler } from "./handle.ts";

export const platformHandlers: readonly Handler[] = [
  handle(platformStatus, (_call, engine) => engine.status()),
  handle(cleanUp, async ({ actor }, engine) => ({ job: await engine.cleanup(actor) })),
  handle(rotateSecrets, ({ actor }, engine) => engine.rotateSecrets(actor)),
  handle(shutDown, async (_call, engine) => {
    await engine.shutDown();
    return { stopped: true as const };
  }),
];
