import type { ObservedInstance } from "#domain/instance.ts";
import type { PlainVerb, Verb, VerbArguments, VerbResult } from "#domain/privileges.ts";
import type { Outcome } from "#domain/runner.ts";
import { namesIn } from "#lib/files.ts";
import type { Caller } from "./caller.ts";
import { runCommand } from "./commands.ts";
import { inspectApp } from "./inspect.ts";
import {
  lastExitOf,
  limitInstance,
  reviveInstance,
  startInstance,
  stopInstance,
} from "./instances.ts";
import { instanceIdOf, type SupervisionLayout } from "./layout.ts";
import { listeningPortsOf } from "./processes.ts";
import type { Realm } from "./realm.ts";
import { statusOf } from "./status.ts";
import { handOverTree, removeAll, sealTree } from "./trees.ts";
import { retireUser } from "./users.ts";
import { protectionsOf, setNetwork } from "./walls.ts";

type Verbs = {
  readonly [V in Verb]: (
    args: VerbArguments<V>,
    caller: Caller,
  ) => Promise<V extends PlainVerb ? VerbResult<V> : Outcome>;
};

/** What is done for each verb, once its arguments are known to be what they should. */
export function verbsIn(realm: Realm): Verbs {
  const { layout, userOf } = realm;
  const done = async (work: Promise<unknown>) => work.then(() => null);
  return {
    startInstance: (instance) => done(startInstance(realm, instance)),
    stopInstance: ({ id, graceMs }) => done(stopInstance(realm, id, graceMs)),
    reviveInstance: ({ id }) => done(reviveInstance(realm, id)),
    limitInstance: ({ id, limits }) => done(limitInstance(realm, id, limits)),
    setNetwork: ({ user, network }) => done(setNetwork(realm.walls, userOf(user).uid, network)),
    inspectApp: (app) => inspectApp(realm, app),
    protections: async () => protectionsOf(realm.walls),
    listInstances: async () => {
      const ids = (await namesIn(layout.services)).flatMap((name) => instanceIdOf(name) ?? []);
      return Promise.all(ids.map((id) => observe(layout, id)));
    },
    observeInstance: ({ id }) => observe(layout, id),
    listeningPorts: async ({ id }) => {
      const status = await statusOf(layout.service(id));
      return status?.pid ? listeningPortsOf(status.pid) : [];
    },
    runCommand: (command, caller) => runCommand(realm, command, caller),
    handOverArtifact: ({ artifactId, user }) => done(handOverTree(realm, artifactId, userOf(user))),
    sealArtifact: ({ artifactId, user }) => done(seal(realm, artifactId, user)),
    removeArtifact: async ({ artifactId }) => {
      for (const path of [layout.growing(artifactId), layout.artifact(artifactId)]) {
        await removeAll(realm, path);
      }
      return null;
    },
    removeCache: ({ appId }) => done(removeAll(realm, layout.cache(appId))),
    retireUser: ({ user }) => done(retireUser(realm, userOf(user))),
  };
}

async function seal(realm: Realm, artifactId: number, userNumber: number): Promise<void> {
  const user = realm.userOf(userNumber);
  await sealTree(realm, realm.layout.growing(artifactId), user, user);
}

async function observe(layout: SupervisionLayout, id: number): Promise<ObservedInstance> {
  const [status, lastExit] = await Promise.all([
    statusOf(layout.service(id)),
    lastExitOf(layout, id),
  ]);
  return {
    id,
    state: status === null ? "gone" : status.up ? "running" : "waiting",
    pid: status?.pid ?? null,
    sinceMs: status?.sinceMs ?? 0,
    lastExit,
    givenUp: status !== null && !status.up && !status.wantedUp,
  };
}
