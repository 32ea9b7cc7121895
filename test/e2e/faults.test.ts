import { after } from "node:test";
import { fullDiskTests } from "../faults/full-disk.ts";
import { killTests } from "../faults/kills.ts";
import { startWorld } from "../faults/world.ts";

const world = await startWorld();
after(() => world[Symbol.asyncDispose]());

killTests(world);
fullDiskTests(world);
