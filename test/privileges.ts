import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createPrivileges } from "#drivers/privileges/client.ts";
import type { Privileges } from "#domain/privileges.ts";
import { checkout, programOf } from "#lib/checkout.ts";
import { exec } from "#lib/exec.ts";
import { beginRealm } from "#privileged/begin.ts";
import { createHelper, type AuditEntry } from "#privileged/helper.ts";
import { createRealm, usersIn, type Realm } from "#privileged/realm.ts";
import { openWalls, ownWalls, removeWalls } from "#privileged/walls.ts";
import { claimUsers, releaseUsers } from "#setup/uid-range.ts";
import { tools } from "./machine.ts";

export const isRoot = process.getuid?.() === 0;

/** The verbs over a home of the test's own: as root with users for apps, else without. */
export type PrivilegedWorld = AsyncDisposable & {
  readonly realm: Realm;
  readonly privileges: Privileges;
  readonly helper: ReturnType<typeof createHelper>;
  readonly audit: readonly AuditEntry[];
  /** A sealed artifact of app 1 with these files. */
  readonly artifact: (id: number, files?: Readonly<Record<string, string>>) => Promise<void>;
  /** Makes a log's folder, as berthd does. */
  readonly logFolder: (name: string) => Promise<void>;
  /** The same, not handed over yet. */
  readonly growing: (id: number, files?: Readonly<Record<string, string>>) => Promise<string>;
};

export async function startPrivileges(
  home: string,
  { hasUsers = isRoot } = {},
): Promise<PrivilegedWorld> {
  // Users of apps must get through.
  await chmod(home, 0o711);
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const account = hasUsers ? { uid: 65_533, gid: 65_533 } : self;
  const usersFrom = hasUsers ? await claimUsers(home) : null;
  const relay = programOf(checkout, "berth-terminal");
  const walls = usersFrom === null ? ownWalls() : await wallsFor(usersFrom, account.uid);
  const realm = createRealm({ home, tools, relay, account, usersFrom, walls });
  await mkdir(join(home, "logs/instances"), { recursive: true });
  await beginRealm(realm);
  const audit: AuditEntry[] = [];
  const helper = createHelper(realm, (entry) => audit.push(entry));
  const privileges = createPrivileges({ connect: helper.connect, exits: realm.layout.exits });
  const growing: PrivilegedWorld["growing"] = async (id, files = { file: "content" }) => {
    const path = realm.layout.growing(id);
    await mkdir(path);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    }
    await exec(["chown", "-R", `${account.uid}:${account.gid}`, path]);
    return path;
  };
  return {
    realm,
    privileges,
    helper,
    audit,
    growing,
    logFolder: async (name) => {
      await mkdir(realm.layout.log(name), { recursive: true });
      const logs = join(home, "logs");
      await exec(["chown", "-R", `${account.uid}:${account.gid}`, logs]);
    },
    artifact: async (id, files) => {
      await growing(id, files);
      await privileges.call("handOverArtifact", { artifactId: id, user: 1 });
      await privileges.call("sealArtifact", { artifactId: id, user: 1 });
      await privileges.call("finishArtifact", { artifactId: id, user: 1 });
    },
    [Symbol.asyncDispose]: async () => {
      await removeWalls(walls);
      if (hasUsers) await releaseUsers(home);
    },
  };
}

function wallsFor(usersFrom: number, accountUid: number) {
  const trustedUids = [0, accountUid];
  return openWalls({ uids: usersIn(usersFrom), trustedUids });
}
