import { PlatformError } from "#domain/errors.ts";
import { startBerthd } from "./start-berthd.ts";

const [home = "", helper = null] = process.argv.slice(2);
const running = await startBerthd(home, helper).catch(refuse);

await new Promise<void>((resolve) => process.once("SIGTERM", () => resolve()));
await running[Symbol.asyncDispose]();
process.exit(0);

/** What keeps it from starting, in words: `berth up` shows the end of this log. */
function refuse(error: unknown): never {
  if (!(error instanceof PlatformError)) throw error;
  process.stderr.write(`berthd does not start: ${error.message}\n  → ${error.hint}\n`);
  process.exit(1);
}
