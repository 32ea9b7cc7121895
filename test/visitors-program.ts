import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline/promises";

/**
 * What `visitors.ts` starts: asks a host for its front page at a constant rate, for as long as each
 * line of its input says, and answers with a line of JSON. It asks for no memory while it measures,
 * as to collect that would keep the processor from who is measured.
 */
const [port, host] = process.argv.slice(2);
const tickMs = 2;
const most = { visits: 100_000, connections: 64 };
const request = Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
const well = "HTTP/1.1 200 ";

const times = new Float64Array(most.visits);
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

/** Until the time is over and all answers are there. */
async function visitFor({ ms, perS }: Asked): Promise<void> {
  globalThis.gc?.();
  [begun, ended] = [0, 0];
  const { promise, resolve } = Promise.withResolvers<void>();
  const endMs = performance.now() + ms;
  const timer = setInterval(() => {
    const isOver = performance.now() >= endMs || problem !== "" || begun >= most.visits;
    if (isOver && ended === begun) resolve();
    const due = isOver ? 0 : (perS * tickMs) / 1000;
    for (let count = 0; count < due; count += 1) next()?.ask();
  }, tickMs);
  await promise;
  clearInterval(timer);
}

/** Who waits too long for answers is not followed by more and more others. */
function next(): Visitor | undefined {
  return free.pop() ?? (begun - ended < most.connections ? new Visitor() : undefined);
}

type Asked = { readonly ms: number; readonly perS: number };

for await (const line of createInterface({ input: process.stdin })) {
  await visitFor(JSON.parse(line) as Asked);
  const tookMs = [...times.subarray(0, ended)];
  process.stdout.write(`${JSON.stringify({ tookMs, problem })}\n`);
}
process.exit();
