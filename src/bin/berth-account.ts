import { flushCompileCache } from "node:module";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "#lib/checkout.ts";
import { exists, writeAtomic } from "#lib/files.ts";
import { homeLayout } from "#setup/layout.ts";
import { writeOwn } from "#setup/tree.ts";

/** Run by `berth up` as the account that berthd runs as: makes the keys that are its own. */
const [home = ""] = process.argv.slice(2);
const layout = homeLayout(home);
await writeOwn(layout);

/**
 * A berthd that finds its code compiled is up sooner, and never takes the 20 MB that it costs. So
 * each build is loaded here once, only to be compiled into the cache.
 */
const build = await readFile(join(checkout, "dist/bin/content"), "utf8");
const stamp = join(layout.compileCache, `${process.version}-${build}`);
if (!(await exists(stamp))) {
  await import("./start-berthd.ts");
  flushCompileCache();
  await writeAtomic(stamp, "");
}
