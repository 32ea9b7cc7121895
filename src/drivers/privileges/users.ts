import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Users } from "#domain/app-user.ts";
import type { Privileges } from "#domain/privileges.ts";
import { nullIfMissing } from "#lib/files.ts";
import { instanceSight } from "./sight.ts";

/** The Linux users that apps have on this machine. */
export function createUsers(privileges: Privileges, caches: string): Users {
  return {
    setNetwork: (user, network) => privileges.setNetwork(user, network),
    look: async (appId, user) => {
      const { instances, ...app } = await privileges.inspectApp(user);
      const cache = await lstat(join(caches, String(appId))).catch(nullIfMissing);
      return {
        ...app,
        cache: cache && { uid: cache.uid, mode: cache.mode & 0o7777 },
        instances: instances.map(instanceSight),
      };
    },
    retire: (user) => privileges.retireUser(user),
  };
}
