import { eq, like } from "./drizzle.ts";
import type { Branch } from "#domain/branch.ts";
import { isSameVar } from "#domain/config-var.ts";
import { Secret } from "#domain/secret.ts";
import type { Store } from "#domain/store.ts";
import { openConfigFile, sealConfigFile } from "./config-files.ts";
import type { Db } from "./database.ts";
import { sealDrains } from "./drains.ts";
import { sealNotifications } from "./notifications.ts";
import { branches, configFiles, instances, jobs, releases, secretKeys } from "./schema.ts";
import { createSealing, type Sealing } from "./sealing.ts";
import { makeKey, renderKeys, type KeyFile, type SecretKey } from "./secret-keys.ts";
import type { Vault } from "./vault.ts";

type Parts = {
  readonly db: Db;
  readonly vault: Vault;
  readonly keyFile: KeyFile;
  /** The keys in the file; the first is in use. */
  readonly keys: readonly [SecretKey, ...SecretKey[]];
};

/**
 * Changes keys. At every instant the file holds each key that the database needs: the new one is
 * added to it, everything is sealed anew in one transaction, and only then the old ones go.
 */
export function secretVerbs(parts: Parts): Store["secrets"] {
  let { keys } = parts;
  return {
    rotate: async () => {
      const made = makeKey();
      await parts.keyFile.write(renderKeys([made, ...keys]));
      keys = [made, ...keys];
      await settleKeys({ ...parts, keys });
      keys = [made];
      return { key: made.id };
    },
    readable: (branch) => readableSecrets(parts.db, branch),
  };
}

/** A value that was a plain one before it was made a secret stays in the releases of that time. */
function readableSecrets(db: Db, { id, config }: Branch): string[] {
  const rows = [
    ...db.select({ held: branches.config }).from(branches).where(eq(branches.id, id)).all(),
    ...db.select({ held: releases.config }).from(releases).where(eq(releases.branchId, id)).all(),
    ...db.select({ held: instances.spec }).from(instances).where(eq(instances.branchId, id)).all(),
  ];
  return Object.entries(config.env).flatMap(([name, value]) => {
    const isShown = ({ held: { env } }: (typeof rows)[number]) =>
      typeof env[name] === "string" && isSameVar(Secret.of(env[name]), value);
    return value instanceof Secret && rows.some(isShown) ? [name] : [];
  });
}

/** Leaves one key, that in use, and everything sealed with it. */
export async function settleKeys({ db, vault, keyFile, keys }: Parts): Promise<void> {
  const [current, ...old] = keys;
  vault.use(keys);
  db.transaction(
    (tx) => {
      if (old.length > 0) sealAnew(tx, vault);
      tx.delete(secretKeys).run();
      tx.insert(secretKeys).values({ id: current.id }).run();
    },
    { behavior: "immediate" },
  );
  if (old.length === 0) return;
  await keyFile.write(renderKeys([current]));
  vault.use([current]);
}

type Tx = Pick<Db, "select" | "update">;

/** Rows without it have nothing that must be sealed anew. */
const holdsSecret = '%{"secret":%';

function sealAnew(tx: Tx, vault: Vault): void {
  const sealing = createSealing(openingOnce(vault));
  sealBranches(tx, sealing);
  sealReleases(tx, sealing);
  sealInstances(tx, sealing);
  sealJobs(tx, sealing);
  sealNotifications(tx, vault);
  sealDrains(tx, vault);
  for (const { file, text } of tx.select().from(configFiles).all()) {
    const plain = openConfigFile(vault, { file, text });
    if (plain === null) continue;
    const sealed = sealConfigFile(vault, file, plain);
    tx.update(configFiles).set({ text: sealed }).where(eq(configFiles.file, file)).run();
  }
}

function sealBranches(tx: Tx, { seal, open }: Sealing): void {
  const rows = tx.select().from(branches).where(like(branches.config, holdsSecret)).all();
  for (const { id, config } of rows) {
    const sealed = seal(id, open(id, config));
    tx.update(branches).set({ config: sealed }).where(eq(branches.id, id)).run();
  }
}

function sealReleases(tx: Tx, { seal, open }: Sealing): void {
  const rows = tx.select().from(releases).where(like(releases.config, holdsSecret)).all();
  for (const { id, branchId, config } of rows) {
    const sealed = seal(branchId, open(branchId, config));
    tx.update(releases).set({ config: sealed }).where(eq(releases.id, id)).run();
  }
}

function sealInstances(tx: Tx, { seal, open }: Sealing): void {
  const rows = tx.select().from(instances).where(like(instances.spec, holdsSecret)).all();
  for (const { id, branchId, spec } of rows) {
    const sealed = seal(branchId, open(branchId, spec));
    tx.update(instances).set({ spec: sealed }).where(eq(instances.id, id)).run();
  }
}

function sealJobs(tx: Tx, { sealInput, openInput }: Sealing): void {
  const rows = tx.select().from(jobs).where(like(jobs.input, holdsSecret)).all();
  for (const { id, branchId, input } of rows) {
    const sealed = sealInput(branchId, openInput(branchId, input));
    tx.update(jobs).set({ input: sealed }).where(eq(jobs.id, id)).run();
  }
}

/** Releases of a branch hold the same sealed texts: each is opened, and sealed anew, once. */
function openingOnce(vault: Vault): Vault {
  const opened = new Map<string, Secret>();
  return {
    ...vault,
    open: (sealed, place) => {
      const id = `${place.path} ${sealed}`;
      const secret = opened.get(id) ?? vault.open(sealed, place);
      opened.set(id, secret);
      return secret;
    },
  };
}
