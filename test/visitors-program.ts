import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline/promises";

/**
 * What `visitors.ts` starts: asks a host for its front page 2,000 times a second, for as many
 * milliseconds as each line of its input says, and answers with a line of JSON. While all is well it
 * asks for no memory: to collect that would keep the processor from who is measured.
 */
const [port, host] = process.argv.slice(2);
const [tickMs, visitsPerTick] = [2, 4];
const visitsMax = 100_000;
const request = Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
const well = "HTTP/1.1 200 ";

const times = new Float64Array(visitsMax);
const free: Visitor[] = [];
let [begun, ended] = [0, 0];
let problem = "";

/** Asks again and again over one connection. */
class Visitor {
  readonly #socket: Socket;
  readonly #bytes = Buffer.alloc(4096);
  #askedMs = 0;
  #isWaiting = false;

  constructor() {
    const onread = { buffer: this.#bytes, callback: (length: number) => this.#hear(length) };
    this.#socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true, onread })
      .once("error", (error) => this.#fail(error.message))
      .once("close", () => this.#fail("the connection ended"));
  }

  ask(): void {
    begun += 1;
    this.#isWaiting = true;
    this.#askedMs = performance.now();
    this.#socket.write(request);
  }

  /** One small answer comes in one piece. */
  #hear(length: number): boolean {
    const tookMs = performance.now() - this.#askedMs;
    if (this.#bytes.toString("latin1", 0, well.length) !== well)
      problem ||= this.#bytes.toString("latin1", 0, length);
    this.#end(tookMs);
    free.push(this);
    return true;
  }

  #fail(why: string): void {
    if (!this.#isWaiting) return;
    problem ||= why;
    this.#end(performance.now() - this.#askedMs);
  }

  #end(tookMs: number): void {
    this.#isWaiting = false;
    times[ended] = tookMs;
    ended += 1;
  }
}

/** Until the time is over and all answers are there. Who has to wait does not keep others from coming. */
async function visitFor(ms: number): Promise<void> {
  globalThis.gc?.();
  [begun, ended] = [0, 0];
  const { promise, resolve } = Promise.withResolvers<void>();
  const endMs = performance.now() + ms;
  const timer = setInterval(() => {
    const isOver = performance.now() >= endMs || problem !== "" || begun >= visitsMax;
    if (isOver && ended === begun) resolve();
    if (isOver) return;
    for (let visit = 0; visit < visitsPerTick; visit += 1) (free.pop() ?? new Visitor()).ask();
  }, tickMs);
  await promise;
  clearInterval(timer);
}

for await (const ms of createInterface({ input: process.stdin })) {
  await visitFor(Number(ms));
  const tookMs = [...times.subarray(0, ended)];
  process.stdout.write(`${JSON.stringify({ tookMs, problem })}\n`);
}
process.exit();
