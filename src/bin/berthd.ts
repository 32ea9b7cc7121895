import { startBerthd } from "./start-berthd.ts";

const [home = ""] = process.argv.slice(2);
const running = await startBerthd(home);

process.once("SIGTERM", async () => {
  await running[Symbol.asyncDispose]();
  process.exit(0);
});
