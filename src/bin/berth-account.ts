import { homeLayout } from "#setup/layout.ts";
import { writeOwn } from "#setup/tree.ts";

/** Run by `berth up` as the account that berthd runs as: makes the keys that are its own. */
const [home = ""] = process.argv.slice(2);
await writeOwn(homeLayout(home));

/**
 * Loaded only to be compiled into the cache: a berthd that finds its code compiled is up sooner,
 * and never takes the 20 MB that stripping the types costs.
 */
await import("./start-berthd.ts");
