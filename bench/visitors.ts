import { Agent, get } from "node:http";

export type VisitorCounts = {
  readonly requests: number;
  /** Everything but an answer with status 200: errors, cut connections, other statuses, no answer in 10 s. */
  readonly failures: readonly string[];
  readonly latenciesMs: readonly number[];
};

/**
 * Visitors who come at a constant rate whatever the answers do, over kept connections, until they
 * are told to stop; then the last answers are waited for.
 */
export function startVisitors(where: { port: number; host: string; perSecond: number }): {
  stop: () => Promise<VisitorCounts>;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const failures: string[] = [];
  const latenciesMs: number[] = [];
  const open = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;

  const ask = async (): Promise<void> => {
    const before = performance.now();
    const problem = await visit({ ...where, agent });
    latenciesMs.push(performance.now() - before);
    if (problem) failures.push(problem);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * where.perSecond);
    for (; sent < due; sent += 1) {
      const one = ask().finally(() => open.delete(one));
      open.add(one);
    }
  }, 2);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      return { requests: sent, failures, latenciesMs };
    },
  };
}

/** Null for a good answer. */
function visit({
  port,
  host,
  agent,
}: {
  port: number;
  host: string;
  agent: Agent;
}): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const asked = get(
    { port, host: "127.0.0.1", agent, headers: { host }, timeout: 10_000 },
    (response) => {
      response.resume();
      response.once("end", () =>
        resolve(response.statusCode === 200 ? null : `status ${response.statusCode}`),
      );
      response.once("error", (error) => resolve(error.message));
    },
  );
  asked.once("timeout", () => asked.destroy(new Error("no answer in 10 s")));
  asked.once("error", (error) => resolve(error.message));
  return promise;
}
