import { chown, mkdir } from "node:fs/promises";
import { namesIn } from "#lib/files.ts";
import { removeOldScratch } from "./commands.ts";
import { putUpAgain, removeHalfStarted } from "./instances.ts";
import { instanceCgroup, loggerCgroup } from "./kept.ts";
import { instanceIdOf } from "./layout.ts";
import type { Realm } from "./realm.ts";
import { removeWalls, takeOthersDown } from "./walls.ts";

/** Makes the folders that the verbs work in, and removes what a killed predecessor left in them. */
export async function beginRealm(realm: Realm): Promise<void> {
  const { layout, account, hasUsers } = realm;
  const folders = [layout.scan, layout.services, layout.scratch, layout.caches, layout.artifacts];
  for (const folder of [...folders, layout.exits]) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  }
  // berthd watches for ends.
  if (hasUsers) await chown(layout.exits, 0, account.gid);
  await removeOldScratch(realm);
  await removeHalfStarted(realm);
  const ids = (await namesIn(layout.services)).flatMap((name) => instanceIdOf(name) ?? []);
  const kept = ids.flatMap((id) => [instanceCgroup(id), loggerCgroup(id)]);
  await takeOthersDown(realm.walls, new Set(kept));
  for (const id of ids) await putUpAgain(realm, id);
}

/** What is left on the machine when Berth was stopped: nothing. Instances that run keep their walls. */
export async function endRealm({ layout, walls }: Realm): Promise<void> {
  if ((await namesIn(layout.services)).length === 0) await removeWalls(walls);
}
