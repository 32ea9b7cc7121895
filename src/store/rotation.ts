import { and, eq, gt, like, type Column } from "./drizzle.ts";
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
 * added to it, everything is sealed anew, and only then the old ones go. One rotation at a time.
 */
export function secretVerbs(parts: Parts): Store["secrets"] {
  let { keys } = parts;
  let last: Promise<unknown> = Promise.resolve();
  const rotate = async () => {
    const made = makeKey();
    await parts.keyFile.write(renderKeys([made, ...keys]));
    keys = [made, ...keys];
    await settleKeys({ ...parts, keys });
    keys = [made];
    return { key: made.id };
  };
  return {
    rotate: () => {
      const mine = last.then(rotate);
      last = mine.catch(() => {});
      return mine;
    },
    key: () => keys[0].id,
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
  if (old.length > 0) await sealAnew(db, vault);
  inTransaction(db, (tx) => {
    tx.delete(secretKeys).run();
    tx.insert(secretKeys).values({ id: current.id }).run();
  });
  if (old.length === 0) return;
  await keyFile.write(renderKeys([current]));
  vault.use([current]);
}

function inTransaction<T>(
  db: Db,
  work: (tx: Pick<Db, "delete" | "insert" | "select" | "update">) => T,
): T {
  return db.transaction(work, { behavior: "immediate" });
}

/** So few that berthd answers everybody in between. */
const rowsAtOnce = 50;

/**
 * A few rows at a time: what is written meanwhile is sealed with the new key, and what is read is
 * opened with either.
 */
async function sealAnew(db: Db, vault: Vault): Promise<void> {
  const sealing = createSealing(openingOnce(vault));
  for (const sealNext of [sealBranches, sealReleases, sealInstances, sealJobs]) {
    for (let after: number | null = 0; after !== null;) {
      const from: number = after;
      after = inTransaction(db, (tx) => sealNext(tx, sealing, from));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  inTransaction(db, (tx) => {
    sealNotifications(tx, vault);
    sealDrains(tx, vault);
    sealConfigFiles(tx, vault);
  });
}

type Tx = Pick<Db, "select" | "update">;

/** The next rows after an id that have something to be sealed anew. */
function nextRows(id: Column, holder: Column, after: number) {
  return and(gt(id, after), like(holder, '%{"secret":%'));
}

function sealBranches(tx: Tx, { seal, open }: Sealing, after: number): number | null {
  const next = nextRows(branches.id, branches.config, after);
  const rows = tx.select().from(branches).where(next).orderBy(branches.id).limit(rowsAtOnce).all();
  for (const { id, config } of rows) {
    const sealed = seal(id, open(id, config));
    tx.update(branches).set({ config: sealed }).where(eq(branches.id, id)).run();
  }
  return rows.at(-1)?.id ?? null;
}

function sealReleases(tx: Tx, { seal, open }: Sealing, after: number): number | null {
  const next = nextRows(releases.id, releases.config, after);
  const rows = tx.select().from(releases).where(next).orderBy(releases.id).limit(rowsAtOnce).all();
  for (const { id, branchId, config } of rows) {
    const sealed = seal(branchId, open(branchId, config));
    tx.update(releases).set({ config: sealed }).where(eq(releases.id, id)).run();
  }
  return rows.at(-1)?.id ?? null;
}

function sealInstances(tx: Tx, { seal, open }: Sealing, after: number): number | null {
  const next = nextRows(instances.id, instances.spec, after);
  const rows = tx
    .select()
    .from(instances)
    .where(next)
    .orderBy(instances.id)
    .limit(rowsAtOnce)
    .all();
  for (const { id, branchId, spec } of rows) {
    const sealed = seal(branchId, open(branchId, spec));
    tx.update(instances).set({ spec: sealed }).where(eq(instances.id, id)).run();
  }
  return rows.at(-1)?.id ?? null;
}

function sealJobs(tx: Tx, { sealInput, openInput }: Sealing, after: number): number | null {
  const next = nextRows(jobs.id, jobs.input, after);
  const rows = tx.select().from(jobs).where(next).orderBy(jobs.id).limit(rowsAtOnce).all();
  for (const { id, branchId, input } of rows) {
    const sealed = sealInput(branchId, openInput(branchId, input));
    tx.update(jobs).set({ input: sealed }).where(eq(jobs.id, id)).run();
  }
  return rows.at(-1)?.id ?? null;
}

function sealConfigFiles(tx: Tx, vault: Vault): void {
  for (const { file, text } of tx.select().from(configFiles).all()) {
    const plain = openConfigFile(vault, { file, text });
    if (plain === null) continue;
    const sealed = sealConfigFile(vault, file, plain);
    tx.update(configFiles).set({ text: sealed }).where(eq(configFiles.file, file)).run();
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
