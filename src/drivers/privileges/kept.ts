import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Network } from "#domain/app.ts";
import type { Limits } from "#domain/limits.ts";
import { namesIn, nullIfMissing, readIfThere } from "#lib/files.ts";

/** What must be known of an instance for as long as anything is left of it. */
export type Kept = {
  readonly user: number;
  readonly limits: Limits;
  readonly network: Network;
  readonly port: number | null;
};

/** Kept in a file for each, so that the next berthd knows it too. */
export class KeptInstances {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** At once: every start waits for it. */
  put(id: number, kept: Kept): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const text = JSON.stringify(kept);
    // No instance outlives a power cut, so this need not either.
    writeFileSync(`${this.#file(id)}.partial`, text, { mode: 0o600 });
    renameSync(`${this.#file(id)}.partial`, this.#file(id));
  }

  /** Null for an instance that is gone. */
  async get(id: number): Promise<Kept | null> {
    const text = await readIfThere(this.#file(id));
    // Our own, and no text of anybody's is in it.
    return text === null ? null : (JSON.parse(text) as Kept);
  }

  async all(): Promise<{ readonly id: number; readonly kept: Kept }[]> {
    const names = await namesIn(this.#folder);
    const ids = names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
    const found = await Promise.all(ids.map(async (id) => ({ id, kept: await this.get(id) })));
    return found.flatMap(({ id, kept }) => (kept ? [{ id, kept }] : []));
  }

  async drop(id: number): Promise<void> {
    await unlink(this.#file(id)).catch(nullIfMissing);
  }

  #file(id: number): string {
    return join(this.#folder, `${id}.json`);
  }
}
