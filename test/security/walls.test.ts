import { after, test } from "node:test";
import { isRoot } from "../privileges.ts";
import { refusalTests } from "../walls/refused.ts";
import { tellingTests } from "../walls/told.ts";
import { startWorld } from "../walls/world.ts";

if (isRoot) {
  const world = await startWorld();
  after(() => world[Symbol.asyncDispose]());
  refusalTests(world);
  tellingTests(world);
} else test("apps stay behind their walls", { skip: "only root can put them up" }, () => {});
