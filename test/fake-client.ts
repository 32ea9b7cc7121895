import type { Client } from "#api/client.ts";
import type { Operation } from "#api/operation.ts";
import { handlers } from "#server/http/handlers.ts";
import { machineCaller } from "#engine/people/callers.ts";
import { createFakeEngine } from "./fake-engine.ts";

/** A client of a fake engine in the same process, without a server between. */
export function createFakeClient(): Client {
  const engine = createFakeEngine();
  const caller = machineCaller("ann", { door: "cli", address: null });
  const call = async (operation: Operation, input: object): Promise<unknown> => {
    const handler = handlers.find((it) => it.operation === operation);
    const signal = new AbortController().signal;
    const parts = { params: {}, query: {}, body: {}, ...input };
    return handler?.run({ ...parts, caller, signal, watch: () => () => {} }, engine);
  };
  // What is typed by the operation is answered as it says: its handler sees to that.
  return call as unknown as Client;
}
