import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Privileges } from "#domain/privileges.ts";
import { keeperUid, userOf, type Realm } from "#domain/realm.ts";
import { nullIfMissing } from "#lib/files.ts";

/** Folders that a sandbox shows, each made its user's first where it is not yet. */
export class AppFolders {
  readonly #data: string;
  readonly #realm: Realm;
  readonly #call: Privileges["call"];

  constructor(data: string, realm: Realm, call: Privileges["call"]) {
    this.#data = data;
    this.#realm = realm;
    this.#call = call;
  }

  /** A whole artifact. @throws {PlatformError} `helper_refused` for one of somebody else. */
  async artifact(artifactId: number, user: number): Promise<string> {
    const path = join(this.#data, "artifacts", String(artifactId));
    const stats = await lstat(path).catch(nullIfMissing);
    const { gid } = userOf(this.#realm, user);
    const isTheirs = stats?.uid === keeperUid(this.#realm) && stats.gid === gid;
    if (!isTheirs) await this.#call("adoptArtifact", { artifactId, user });
    return path;
  }

  growing(artifactId: number): string {
    return join(this.#data, "artifacts", `${artifactId}.partial`);
  }

  async cache(appId: number, user: number): Promise<string> {
    const path = join(this.#data, "caches", String(appId));
    const stats = await lstat(path).catch(nullIfMissing);
    const isTheirs = stats?.isDirectory() && stats.uid === userOf(this.#realm, user).uid;
    if (!isTheirs) await this.#call("makeCache", { appId, user });
    return path;
  }

  scratch(name: string): string {
    return join(this.#data, "scratch", name);
  }
}
