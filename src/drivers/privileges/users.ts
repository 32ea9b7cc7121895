import type { Users } from "#domain/app-user.ts";
import type { Privileges } from "#domain/privileges.ts";

/** The Linux users that apps have on this machine. */
export function createUsers({ call }: Privileges): Users {
  return {
    setNetwork: async (user, network) => {
      await call("setNetwork", { user, network });
    },
    look: (appId, user) => call("inspectApp", { appId, user }),
    retire: async (user) => {
      await call("retireUser", { user });
    },
  };
}
