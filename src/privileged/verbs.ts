import { chmod } from "node:fs/promises";
import type {
  PlainVerb,
  SupervisedInstance,
  Verb,
  VerbArguments,
  VerbResult,
} from "#domain/privileges.ts";
import type { Outcome } from "#domain/runner.ts";
import type { Caller } from "./caller.ts";
import { runCommand } from "./commands.ts";
import { inspectApp } from "./inspect.ts";
import {
  limitInstance,
  reviveInstance,
  setNetwork,
  startInstance,
  stopInstance,
} from "./instances.ts";
import { instancesIn } from "./kept.ts";
import { socketsOf } from "./processes.ts";
import type { Realm } from "./realm.ts";
import { statusOf } from "./s6.ts";
import { finishTree, handOverTree, removeAll, requireArtifact, sealTree } from "./trees.ts";
import { retireUser } from "./users.ts";

type Result<V extends Verb> = V extends PlainVerb ? VerbResult<V> : Outcome;
type Verbs = {
  readonly [V in Verb]: (
    args: VerbArguments<V>,
    caller: Caller,
  ) => Promise<Result<V> extends null ? void : Result<V>>;
};

/** What is done for each verb, once its arguments are known to be what they should. */
export function verbsIn(realm: Realm): Verbs {
  const { layout, userOf } = realm;
  const observe = async (id: number): Promise<SupervisedInstance> => {
    const status = await statusOf(layout.service(id));
    if (status === null) return { id, state: "gone", pid: null, sinceMs: 0, givenUp: false };
    const { up, wantedUp, pid, sinceMs } = status;
    return { id, state: up ? "running" : "waiting", pid, sinceMs, givenUp: !up && !wantedUp };
  };
  return {
    startInstance: (instance) => startInstance(realm, instance),
    stopInstance: ({ id, graceMs }) => stopInstance(realm, id, graceMs),
    reviveInstance: ({ id }) => reviveInstance(realm, id),
    limitInstance: ({ id, limits }) => limitInstance(realm, id, limits),
    observeInstances: async ({ id }) =>
      Promise.all((id === null ? await instancesIn(layout) : [id]).map(observe)),
    listSockets: async ({ id }) => {
      const status = await statusOf(layout.service(id));
      return status?.pid ? socketsOf(status.pid) : [];
    },
    runCommand: (command, caller) => runCommand(realm, command, caller),
    setNetwork: ({ user, network }) => setNetwork(realm, user, network),
    setPorts: async ({ open, instances }) => {
      if (realm.walls.protections.narrowsPorts) realm.walls.instancePorts = instances;
      await realm.walls.fence?.openToAll(open);
    },
    inspectApp: ({ user }) => inspectApp(realm, user),
    protections: async () => realm.walls.protections,
    handOverArtifact: ({ artifactId, user }) => handOverTree(realm, artifactId, userOf(user)),
    sealArtifact: ({ artifactId, user }) =>
      sealTree(realm, layout.growing(artifactId), userOf(user), userOf(user)),
    finishArtifact: ({ artifactId, user }) => finishTree(realm, artifactId, userOf(user)),
    publishArtifact: async ({ artifactId, user }) =>
      // Who knows a name may then read what is below it; the list of names stays closed.
      chmod(await requireArtifact(realm, artifactId, userOf(user)), 0o551),
    removeArtifact: async ({ artifactId }) => {
      await removeAll(realm, layout.growing(artifactId));
      await removeAll(realm, layout.artifact(artifactId));
    },
    removeCache: ({ appId }) => removeAll(realm, layout.cache(appId)),
    retireUser: ({ user }) => retireUser(realm, userOf(user)),
  };
}
