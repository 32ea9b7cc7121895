import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export type Asked = {
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  /** Between the beginnings of two requests; 10 by default. */
  readonly everyMs?: number;
};

/** What became of the requests: how many there were, by status and body, or by error. */
export type Tally = {
  readonly counts: ReadonlyMap<string, number>;
  readonly slowestMs: number;
};

/** Requests that go on and on. */
export type SteadyRequests = AsyncDisposable & {
  /** Ends them when all are answered. */
  readonly stop: () => Promise<Tally>;
};

/** Keeps asking, whatever the answers and however long they take, until the end of the scope. */
export function askSteadily({ port, host, path = "/", everyMs = 10 }: Asked): SteadyRequests {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const counts = new Map<string, number>();
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();
  let slowestMs = 0;

  async function askOne(): Promise<void> {
    const startedMs = performance.now();
    const outcome = await ask({ port, host, path, agent });
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }

  async function keepAsking(): Promise<void> {
    while (!stopping.signal.aborted) {
      const one = askOne();
      open.add(one);
      void one.finally(() => open.delete(one));
      await sleep(everyMs);
    }
  }

  const asking = keepAsking();
  async function stop(): Promise<Tally> {
    stopping.abort();
    await asking;
    await Promise.all(open);
    agent.destroy();
    return { counts, slowestMs };
  }
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/** `200 hello`, or the error's code. */
function ask(asked: { port: number; host: string; path: string; agent: Agent }): Promise<string> {
  const { port, host, path, agent } = asked;
  const { promise, resolve } = Promise.withResolvers<string>();
  const call = get(
    { port, host: "127.0.0.1", path, headers: { host }, agent, timeout: 60_000 },
    (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      answer.once("end", () =>
        resolve(`${answer.statusCode} ${Buffer.concat(chunks).toString("utf8").slice(0, 60)}`),
      );
    },
  );
  call.once("timeout", () => call.destroy(new Error("no answer for a minute")));
  call.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  return promise;
}
