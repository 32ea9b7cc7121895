import { copyDatabase } from "#store/database.ts";
import { homeLayout } from "#setup/layout.ts";

/** Run by `berth backup` as the account that berthd runs as: copies the database, which may be in use. */
const [home = ""] = process.argv.slice(2);
const layout = homeLayout(home);
copyDatabase(layout.database, layout.databaseCopy);
