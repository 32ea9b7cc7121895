import type { Socket } from "node:net";
import type { Verb, VerbArguments, VerbResult } from "#domain/privileges.ts";
import { userOf } from "#domain/realm.ts";
import { keepRange } from "#lib/bind-program.ts";
import { runCommand } from "./commands.ts";
import { fenceOf } from "./fence.ts";
import { removeInstance, startInstance } from "./instances.ts";
import type { Own } from "./realm.ts";
import * as trees from "./trees.ts";

type Verbs = {
  readonly [V in Verb]: (
    args: VerbArguments<V>,
    connection: Socket,
  ) => Promise<VerbResult<V> extends null ? void : VerbResult<V>>;
};

/** What is done for each verb, once its arguments are known to be what they should. */
export function verbsIn(realm: Own): Verbs {
  const { layout } = realm;
  const fence = fenceOf(realm);
  const ids = (user: number) => userOf(realm, user);
  return {
    startInstance: (instance) => startInstance(realm, instance),
    removeInstance: ({ id }) => removeInstance(realm, id),
    runCommand: (command, connection) => runCommand(realm, command, connection),
    admitApp: ({ user, network, port }) => fence.admit(ids(user).uid, network, port),
    forgetApp: ({ user }) => fence.forget(ids(user).uid),
    closePort: ({ user, port }) => fence.closePort(ids(user).uid, port),
    setPorts: async ({ open, kept, instances }) => {
      if (realm.portsMap !== null) await keepRange(realm.portsMap, instances, kept);
      await fence.openToAll(open);
    },
    lookAtFence: () => fence.look(),
    handOverArtifact: ({ artifactId, user }) => trees.handOver(realm, artifactId, ids(user)),
    sealArtifact: ({ artifactId, user }) => trees.seal(realm, artifactId, ids(user)),
    finishArtifact: ({ artifactId, user }) => trees.finish(realm, artifactId, ids(user)),
    adoptArtifact: ({ artifactId, user }) => trees.adopt(realm, artifactId, ids(user)),
    publishArtifact: ({ artifactId, user }) => trees.publish(realm, artifactId, ids(user)),
    removeArtifact: async ({ artifactId }) => {
      await trees.removeAll(realm, layout.growing(artifactId));
      await trees.removeAll(realm, layout.artifact(artifactId));
    },
    makeCache: ({ appId, user }) => trees.makeCache(realm, appId, ids(user)),
    removeCache: ({ appId }) => trees.removeAll(realm, layout.cache(appId)),
  };
}
