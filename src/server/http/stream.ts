import { openStream } from "#api/stream.ts";
import { handleStream, type Handler } from "./handle.ts";
import { liveHubOf } from "./live.ts";
import { mayHear } from "./live-notices.ts";

export const streamHandlers: readonly Handler[] = [
  handleStream(openStream, ({ query: { topics, after }, caller, signal }, engine) =>
    liveHubOf(engine).open({
      topics,
      after: after ?? null,
      visible: () => engine.people.appsWith(caller, "read"),
      mayRun: engine.people.appsWith(caller, "run"),
      hears: (notice) => mayHear(engine.people, caller, notice),
      signal,
    }),
  ),
];
