import assert from "node:assert/strict";
import type { Clock } from "#domain/clock.ts";
import type { RequestLine } from "#domain/request-log.ts";
import { createWorld, type World } from "./engine-world.ts";

/** A world in which `shop` is deployed, so that it can be visited. */
export async function deployed(clock?: Clock): Promise<World> {
  const world = await createWorld({}, clock);
  await world.engine.createApp("shop", "ann");
  assert.equal((await world.push("shop")).status, "done");
  return world;
}

/** A request that the first instance answered just now. */
export function request(world: World, overrides: Partial<RequestLine> = {}): RequestLine {
  const [instance] = world.store.instances.list();
  return {
    atMs: world.context.clock.now().getTime(),
    id: "0123456789abcdef",
    method: "GET",
    host: "shop.localhost",
    path: "/",
    status: 200,
    bytes: 100,
    durationMs: 12,
    peer: `127.0.0.1:${instance?.port}`,
    client: "192.0.2.1",
    ...overrides,
  };
}
