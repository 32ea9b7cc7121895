import { after } from "node:test";
import { deployTests } from "../console/deploys.ts";
import { firstRunTests } from "../console/first-run.ts";
import { hostileTests } from "../console/hostile.ts";
import { logTests } from "../console/logs.ts";
import { lookTests } from "../console/looks.ts";
import { operateTests } from "../console/operate.ts";
import { peopleTests } from "../console/people.ts";
import { sendingTests } from "../console/sending.ts";
import { settingsTests } from "../console/settings.ts";
import { signInTests } from "../console/sign-in.ts";
import { togetherTests } from "../console/together.ts";
import { startWorld } from "../console/world.ts";

const world = await startWorld();
after(() => world[Symbol.asyncDispose]());

// Needs a Berth without an app, so it comes first.
firstRunTests(world);
deployTests(world);
operateTests(world);
logTests(world);
settingsTests(world);
sendingTests(world);
peopleTests(world);
signInTests(world);
togetherTests(world);
hostileTests(world);
lookTests(world);
