import type { JobQueue } from "./jobs.ts";
import type { Loop } from "./loop.ts";
import type { Meter } from "./meter.ts";
import type { Publisher } from "./publish.ts";
import type { Runs } from "./runs.ts";

/** What the engine's verbs work with, made once for each engine. */
export type Parts = {
  readonly publisher: Publisher;
  readonly loop: Loop;
  readonly queue: JobQueue;
  readonly meter: Meter;
  readonly runs: Runs;
};
