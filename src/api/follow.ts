import { PlatformError } from "#domain/errors.ts";
import { RemoteError, type Client } from "./client.ts";
import type { jobEvents } from "./jobs.ts";
import { pushRoutes } from "./push-routes.ts";
import type { JobView } from "./views.ts";

export type FollowOptions = {
  readonly onText: (text: string) => void;
  /** Is given the job at first, and whenever it has changed, but for its end. */
  readonly onChange?: (job: JobView) => void;
  readonly signal?: AbortSignal;
  /** How long the server may be away; 30,000 by default. */
  readonly patienceMs?: number;
};

const pauseMs = 200;

/**
 * Follows a job's output until the job has ended, and gives the ended job. A server that goes away
 * in the middle, because it is restarted, is waited for; no output is lost or repeated then.
 * @throws {PlatformError} `not_running` when the server stays away longer than `patienceMs`.
 * @throws {RemoteError} `job_not_found`.
 */
export async function followJob(
  client: Client,
  job: number,
  options: FollowOptions,
): Promise<JobView> {
  const attemptsMax = Math.ceil((options.patienceMs ?? 30_000) / pauseMs);
  const place: Place = { job, after: 0, attempts: 0 };
  for (;;) {
    try {
      return await readOn(client, place, options);
    } catch (error) {
      if (!isAway(error) || ++place.attempts >= attemptsMax) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      options.signal?.throwIfAborted();
    }
  }
}

/** How far the output has been read, and how often in a row the server was not there. */
type Place = { readonly job: number; after: number; attempts: number };

async function readOn(client: Client, place: Place, options: FollowOptions): Promise<JobView> {
  // The declaration is made of this very route; a client reads nothing else of it.
  const operation = pushRoutes.followJob as unknown as typeof jobEvents;
  const input = { params: { job: place.job }, query: { after: place.after } };
  for await (const event of client(operation, input, options.signal)) {
    place.attempts = 0;
    if (event.type === "output") {
      place.after = event.id;
      options.onText(event.text);
    } else if (event.job.endedAt !== null) return event.job;
    else options.onChange?.(event.job);
  }
  // A stream that ends in good order, but without the job: the server is being stopped.
  throw new PlatformError("stopping");
}

function isAway(error: unknown): boolean {
  const known = error instanceof PlatformError || error instanceof RemoteError;
  return known && (error.code === "not_running" || error.code === "stopping");
}
