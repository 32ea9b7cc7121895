import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { namesIn, removeTree } from "#lib/files.ts";
import { removeOldScratch } from "./commands.ts";
import { putUpAgain } from "./instances.ts";
import { allKept, confinedOf } from "./kept.ts";
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
  for (const name of await namesIn(layout.services))
    if (instanceIdOf(name) === null) await removeTree(join(layout.services, name));
  const kept = await allKept(layout);
  const confined = kept.flatMap((it) => confinedOf(realm, it));
  await takeOthersDown(realm.walls, new Set(confined.map(({ name }) => name)));
  for (const it of kept) await putUpAgain(realm, it);
}

/** What is left on the machine when Berth was stopped: nothing. Instances that run keep their walls. */
export async function endRealm({ layout, walls }: Realm): Promise<void> {
  if ((await namesIn(layout.services)).length === 0) await removeWalls(walls);
}
