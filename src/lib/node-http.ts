import type { ClientRequest } from "node:http";

/**
 * Node's HTTP. Whoever imports it asks for each of its exports, of which one brings along all that
 * `fetch` and `WebSocket` are made of: 5 MB of berthd, and 30 ms (measured on Node 24.21).
 */
export const nodeHttp = () => process.getBuiltinModule("node:http");

const interimMax = 20;

/** Ends a request to whoever answers with one interim status (1xx) after the other, which we would read for as long. */
export function boundInterim(asked: ClientRequest): void {
  let count = 0;
  asked.on("information", () => {
    count += 1;
    if (count > interimMax) asked.destroy(new Error("interim answers without end"));
  });
}
