import { randomBytes, randomUUID } from "node:crypto";
import type { App } from "#domain/app.ts";
import { PlatformError } from "#domain/errors.ts";
import {
  shownAddress,
  signingSecretPrefix,
  usualEvents,
  type Notification,
} from "#domain/notification.ts";
import { Secret } from "#domain/secret.ts";
import type { Team } from "#domain/team.ts";
import { note, type EngineContext } from "./context.ts";
import {
  shownOf,
  type NewNotification,
  type NotificationChange,
  type NotificationStatus,
  type Told,
} from "./receivers.ts";
import { appNamed, teamNamed } from "./targets.ts";

/** Of an app, of a team, of the installation: each is told of each event, by mail to anybody. */
const notificationsMax = 20;

type Asked = { readonly of: Told; readonly id: number };
type Owner = { readonly app: App | null; readonly team: Team | null };

export function listNotifications({ store }: EngineContext, of: Told): NotificationStatus[] {
  const owner = ownerOf(store, of);
  return store.notifications
    .list()
    .filter((it) => isOf(owner, it))
    .map((it) => ({
      ...it,
      target: owner.app?.name ?? null,
      team: owner.team?.name ?? null,
      address: shownTo(it),
      waiting: store.deliveries.count(it.id),
    }));
}

/** Gives the secret with which requests are signed, which is shown this once. */
export function addNotification(
  context: EngineContext,
  { target, team, kind, address, events }: NewNotification,
  actor: string,
): { notification: NotificationStatus; signingSecret: string | null } {
  const { store, notifiers, clock } = context;
  const owner = ownerOf(store, { target, team });
  if (store.notifications.list().filter((it) => isOf(owner, it)).length >= notificationsMax) {
    throw new PlatformError("too_many_notifications", { most: notificationsMax });
  }
  notifiers[kind].check(address);
  const secret = kind === "webhook" ? newSigningSecret() : null;
  const { id } = store.notifications.add({
    appId: owner.app?.id ?? null,
    teamId: owner.team?.id ?? null,
    kind,
    address: Secret.of(address),
    signingSecret: secret === null ? null : Secret.of(secret),
    events: events ?? usualEvents,
    actor,
    createdAt: clock.now(),
  });
  noteOf(context, "notification.added", { owner, actor, what: shownAddress(kind, address) });
  return { notification: statusOf(context, { target, team }, id), signingSecret: secret };
}

function statusOf(context: EngineContext, of: Told, id: number): NotificationStatus {
  const status = listNotifications(context, of).find((it) => it.id === id);
  if (!status) throw notFound({ of, id });
  return status;
}

/** What waits for it goes to the new address. The secret of a webhook stays. */
export function setNotification(
  context: EngineContext,
  of: Told,
  { change: { id, address, events }, actor }: { change: NotificationChange; actor: string },
): NotificationStatus {
  const { store, notifiers } = context;
  const before = found(context, { of, id });
  if (address !== undefined) notifiers[before.kind].check(address);
  store.notifications.update(id, {
    ...(address === undefined ? {} : { address: Secret.of(address), lastError: null }),
    ...(events === undefined ? {} : { events }),
  });
  noteOf(context, "notification.changed", {
    owner: ownerOf(store, of),
    actor,
    what: shownTo(before),
  });
  return statusOf(context, of, id);
}

export function removeNotification(context: EngineContext, asked: Asked, actor: string): void {
  const removed = found(context, asked);
  context.store.notifications.remove(removed.id);
  const owner = ownerOf(context.store, asked.of);
  const what = shownTo(removed);
  noteOf(context, "notification.removed", { owner, actor, what });
}

/** Sends a test at once. @throws {PlatformError} `notification_failed` with what was answered. */
export async function testNotification(
  context: EngineContext,
  asked: Asked,
  actor: string,
): Promise<void> {
  const { store, notifiers, clock } = context;
  const notification = found(context, asked);
  const event = {
    at: clock.now(),
    type: "notification.test" as const,
    target: asked.of.target,
    actor,
    message: "This is how Berth tells you when something happens.",
  };
  try {
    await notifiers[notification.kind].send(notification, { id: randomUUID(), event });
    store.notifications.update(notification.id, { lastSuccessAt: clock.now(), lastError: null });
  } catch (error) {
    const problem = problemOf(error);
    store.notifications.update(notification.id, { lastError: problem });
    const details = { address: shownTo(notification), problem, notification: notification.id };
    throw new PlatformError("notification_failed", details, { cause: error });
  }
}

function newSigningSecret(): string {
  return `${signingSecretPrefix}${randomBytes(32).toString("base64")}`;
}

/** Why something could not be sent, in a part of a sentence. */
export function problemOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s+/g, " ").replace(/\.$/, "").slice(0, 300);
}

function shownTo({ kind, address }: Notification): string {
  return shownOf(address, (text) => shownAddress(kind, text));
}

function found({ store }: EngineContext, asked: Asked): Notification {
  const owner = ownerOf(store, asked.of);
  const notification = store.notifications.get(asked.id);
  if (!notification || !isOf(owner, notification)) throw notFound(asked);
  return notification;
}

function notFound({ of: { target, team }, id }: Asked): PlatformError {
  const of = target ?? (team === null ? "the installation" : `the team ${team}`);
  return new PlatformError("notification_not_found", { notification: id, of: ` of ${of}` });
}

/** @throws {PlatformError} `app_not_found`, `team_not_found` */
function ownerOf(store: EngineContext["store"], { target, team }: Told): Owner {
  return {
    app: target === null ? null : appNamed(store, target),
    team: team === null ? null : teamNamed(store, team),
  };
}

function isOf({ app, team }: Owner, { appId, teamId }: Notification): boolean {
  return appId === (app?.id ?? null) && teamId === (team?.id ?? null);
}

const verbs = {
  "notification.added": "is told of events",
  "notification.changed": "is told of other events, or at another address",
  "notification.removed": "is not told of events any more",
};

function noteOf(
  context: EngineContext,
  type: keyof typeof verbs,
  { owner: { app, team }, actor, what }: { owner: Owner; actor: string; what: string },
): void {
  const whose = team === null ? "" : `, those of the team ${team.name}`;
  const message = `${what} ${verbs[type]}${whose}.`;
  note(context, type, { appId: app?.id ?? null, target: app?.name ?? null, actor, message });
}
