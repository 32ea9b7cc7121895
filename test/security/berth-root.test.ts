import { after, test } from "node:test";
import { commandTests } from "../berth-root/commands.ts";
import { endTests } from "../berth-root/ends.ts";
import { placeTests } from "../berth-root/places.ts";
import { requestTests } from "../berth-root/requests.ts";
import { treeTests } from "../berth-root/trees.ts";
import { startWorld } from "../berth-root/world.ts";
import { isRoot } from "../privileges.ts";

/**
 * Plays an attacker who owns berthd: has its account, speaks to berth-root's socket directly, and
 * changes what berthd's account may change, at any moment.
 */
if (isRoot) {
  const world = await startWorld();
  after(() => world[Symbol.asyncDispose]());
  requestTests(world);
  commandTests(world);
  treeTests(world);
  placeTests(world);
  endTests(world);
} else test("berth-root keeps to what it is for", { skip: "only root can start it" }, () => {});
