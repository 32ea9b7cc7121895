import type { Door } from "./door.ts";

/** Everything that happens to an app, as facts in the past tense. Names are public: add, never rename. */
export const eventCatalog = {
  "app.created": "An app was made.",
  "app.destroyed": "An app and everything of it were removed.",
  "deploy.started": "A deploy began.",
  "deploy.failed": "A deploy ended without a new current release.",
  "deploy.aborted": "A person ended a deploy before it was live.",
  "deploy.superseded": "A waiting deploy gave its place to a newer push.",
  "release.created": "A release was made from an artifact and a configuration.",
  "release.current": "A release took over the traffic of its branch.",
  "release.failed": "A release never became healthy, or its hooks failed.",
  "branch.stopped": "A person stopped a branch.",
  "branch.started": "A person started a branch again.",
  "instance.started": "An instance was started.",
  "instance.healthy": "An instance passed its health check.",
  "instance.exited": "An instance ended by itself.",
  "instance.out_of_memory": "An instance ended because its memory was at its limit.",
  "instance.crashing": "An instance ended again and again, and is started less often now.",
  "instance.stopped": "An instance was stopped by Berth.",
  "config.changed": "Config vars were set or unset.",
  "secret.revealed": "The value of a secret was shown to somebody.",
  "secrets.rotated": "The secrets were encrypted with a new key.",
  "network.changed": "An app's connections to the outside were opened or closed.",
  "limits.changed": "Limits of an app, a process type or its builds were changed.",
  "formation.changed": "The wanted number of instances was changed.",
  "domain.added": "A domain was pointed at an app.",
  "domain.removed": "A domain was taken away from an app.",
  "key.added": "A public key was added.",
  "key.removed": "A public key was removed.",
  "app.transferred": "An app was handed to another team.",
  "host_config.applied": "The configuration directory was read and is in force.",
  "host_config.refused": "A configuration file was refused; what it said before stays in force.",
  "run.started": "A one-off command was started.",
  "drain.added": "The logs of a branch are sent somewhere from now on.",
  "drain.removed": "The logs of a branch are not sent there any more.",
  "notification.added": "Somebody is told of events from now on.",
  "notification.changed": "Somebody is told of other events, or at another address.",
  "notification.removed": "Somebody is not told of events any more.",
  "disk.low": "The disk under Berth's home is nearly full.",
  "certificate.expiring": "A certificate is near its end.",
  "platform.started": "berthd started.",
} as const satisfies Record<string, string>;

export type EventType = keyof typeof eventCatalog;

export type Event = {
  readonly id: number;
  readonly at: Date;
  readonly type: EventType;
  readonly appId: number | null;
  /** `shop@staging`; kept as text, so that it can still be read when the app is gone. */
  readonly target: string | null;
  readonly actor: string;
  readonly door: Door;
  readonly message: string;
};
