import type { Store } from "#domain/store.ts";
import { appRows } from "./apps.ts";
import { artifactRows } from "./artifacts.ts";
import { branchRows } from "./branches.ts";
import { configFileRows } from "./config-files.ts";
import { openDatabase } from "./database.ts";
import { domainRows } from "./domains.ts";
import { eventRows } from "./events.ts";
import { instanceRows } from "./instances.ts";
import { jobRows } from "./jobs.ts";
import { keyRows } from "./keys.ts";
import { releaseRows } from "./releases.ts";

/** The state in the SQLite file `file`; `:memory:` for one that is gone with the process. */
export function openStore(file: string): Store & Disposable {
  const { db, close } = openDatabase(file);
  return {
    transaction: (work) => db.transaction(() => work(), { behavior: "immediate" }),
    apps: appRows(db),
    branches: branchRows(db),
    artifacts: artifactRows(db),
    releases: releaseRows(db),
    instances: instanceRows(db),
    jobs: jobRows(db),
    events: eventRows(db),
    domains: domainRows(db),
    keys: keyRows(db),
    configFiles: configFileRows(db),
    [Symbol.dispose]: close,
  };
}
