import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./child.mjs";
import { SetupError, step, tailOf } from "./progress.mjs";

/** What the console is made of; its content decides whether it must be built again. */
const sources = ["console", "src/api", "package-lock.json"];

/** Builds the console that berthd serves, once per content. An installed copy has nothing to build. */
export async function ensureConsole(checkout, node) {
  if (!existsSync(join(checkout, "console"))) return;
  const content = contentOf(checkout);
  const stamp = join(checkout, "dist/console/content");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === content) return;
  await step("Building the console", async () => {
    const argv = [node, join(checkout, "scripts/build-console.mjs"), content];
    const { code, output } = await capture(argv, { cwd: checkout });
    if (code !== 0) throw new SetupError(`The console could not be built:\n${tailOf(output)}`);
  });
}

function contentOf(checkout) {
  const hash = createHash("sha256");
  for (const path of sources.flatMap((source) => filesOf(checkout, source))) {
    hash.update(`${path}\0`).update(readFileSync(join(checkout, path)));
  }
  return hash.digest("hex");
}

function filesOf(checkout, source) {
  if (source.endsWith(".json")) return [source];
  return readdirSync(join(checkout, source), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(checkout.length + 1))
    .toSorted();
}
