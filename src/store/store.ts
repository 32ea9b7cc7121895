import type { Store } from "#domain/store.ts";
import { appRows } from "./apps.ts";
import { artifactRows } from "./artifacts.ts";
import { branchRows } from "./branches.ts";
import { configFileRows } from "./config-files.ts";
import { openDatabase, type Db } from "./database.ts";
import { domainRows } from "./domains.ts";
import { drainRows } from "./drains.ts";
import { eventRows } from "./events.ts";
import { instanceRows } from "./instances.ts";
import { jobRows } from "./jobs.ts";
import { keyRows } from "./keys.ts";
import { onceRows } from "./once.ts";
import { peopleRows } from "./people.ts";
import { deliveryRows, markRows, notificationRows } from "./notifications.ts";
import { releaseRows } from "./releases.ts";
import { secretVerbs, settleKeys } from "./rotation.ts";
import { secretKeys } from "./schema.ts";
import { createSealing } from "./sealing.ts";
import { readKeys, type KeyFile } from "./secret-keys.ts";
import { signInRows } from "./sign-in.ts";
import { createVault } from "./vault.ts";

/**
 * The state in the SQLite file `file`; `:memory:` for one that is gone with the process. What is
 * secret in it is sealed with the keys in `keyFile`.
 * @throws {PlatformError} `secret_key_missing`, `secret_key_wrong`
 */
export async function openStore(file: string, keyFile: KeyFile): Promise<Store & Disposable> {
  const { db, close } = openDatabase(file);
  try {
    return { ...(await storeOver(db, keyFile)), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

async function storeOver(db: Db, keyFile: KeyFile): Promise<Store> {
  const needed = db.select().from(secretKeys).all();
  const keys = await readKeys(
    keyFile,
    needed.map(({ id }) => id),
  );
  const vault = createVault(keys);
  const sealing = createSealing(vault);
  const parts = { db, vault, keyFile, keys };
  await settleKeys(parts);
  await keyFile.noteReplaced();
  const [current] = keys;
  return {
    transaction: (work) => db.transaction(() => work(), { behavior: "immediate" }),
    apps: appRows(db),
    branches: branchRows(db, sealing),
    artifacts: artifactRows(db),
    releases: releaseRows(db, sealing),
    instances: instanceRows(db, sealing),
    jobs: jobRows(db, sealing),
    events: eventRows(db),
    notifications: notificationRows(db, vault),
    deliveries: deliveryRows(db),
    drains: drainRows(db, vault),
    marks: markRows(db),
    domains: domainRows(db),
    keys: keyRows(db),
    once: onceRows(db),
    configFiles: configFileRows(db, vault),
    secrets: secretVerbs({ ...parts, keys: [current] }),
    people: peopleRows(db),
    signIn: signInRows(db),
  };
}
