import { startBerthd } from "./start-berthd.ts";

const [home = ""] = process.argv.slice(2);
const running = await startBerthd(home);

await new Promise<void>((resolve) => process.once("SIGTERM", () => resolve()));
await running[Symbol.asyncDispose]();
process.exit(0);
