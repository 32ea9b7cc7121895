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
import { note, type EngineContext } from "./context.ts";
import type { NewNotification, NotificationStatus } from "./engine.ts";
import { appNamed } from "./targets.ts";

/** Whose it is: an app's, or the installation's. */
type Asked = { readonly target: string | null; readonly id: number };

export function listNotifications(
  { store }: EngineContext,
  target: string | null,
): NotificationStatus[] {
  const app = appOf(store, target);
  return store.notifications
    .list()
    .filter((it) => it.appId === (app?.id ?? null))
    .map((it) => ({
      ...it,
      target: app?.name ?? null,
      address: shownOf(it),
      waiting: store.deliveries.count(it.id),
    }));
}

/** Gives the secret with which requests are signed, which is shown this once. */
export function addNotification(
  context: EngineContext,
  { target, kind, address, events }: NewNotification,
  actor: string,
): { notification: NotificationStatus; signingSecret: string | null } {
  const { store, notifiers, clock } = context;
  const app = appOf(store, target);
  notifiers[kind].check(address);
  const secret = kind === "webhook" ? newSigningSecret() : null;
  const { id } = store.notifications.add({
    appId: app?.id ?? null,
    kind,
    address: Secret.of(address),
    signingSecret: secret === null ? null : Secret.of(secret),
    events: events ?? usualEvents,
    actor,
    createdAt: clock.now(),
  });
  noteOf(context, "notification.added", { app, actor, what: shownAddress(kind, address) });
  const added = listNotifications(context, target).find((it) => it.id === id);
  if (!added) throw notFound({ target, id });
  return { notification: added, signingSecret: secret };
}

export function removeNotification(context: EngineContext, asked: Asked, actor: string): void {
  const removed = found(context, asked);
  context.store.notifications.remove(removed.id);
  const app = appOf(context.store, asked.target);
  const what = shownOf(removed);
  noteOf(context, "notification.removed", { app, actor, what });
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
    target: asked.target,
    actor,
    message: "This is how Berth tells you when something happens.",
  };
  try {
    await notifiers[notification.kind].send(notification, { id: randomUUID(), event });
    store.notifications.update(notification.id, { lastSuccessAt: clock.now(), lastError: null });
  } catch (error) {
    const problem = problemOf(error);
    store.notifications.update(notification.id, { lastError: problem });
    const details = { address: shownOf(notification), problem, notification: notification.id };
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

function shownOf({ kind, address }: Notification): string {
  try {
    return shownAddress(kind, address.reveal());
  } catch (error) {
    // Its key is lost. It can still be seen to be there, and removed.
    if (error instanceof PlatformError) return "(cannot be read any more)";
    throw error;
  }
}

function found({ store }: EngineContext, asked: Asked): Notification {
  const app = appOf(store, asked.target);
  const notification = store.notifications.get(asked.id);
  if (!notification || notification.appId !== (app?.id ?? null)) throw notFound(asked);
  return notification;
}

function notFound({ target, id }: Asked): PlatformError {
  const of = target === null ? " of the installation" : ` of ${target}`;
  return new PlatformError("notification_not_found", { notification: id, of });
}

function appOf(store: EngineContext["store"], target: string | null): App | null {
  return target === null ? null : appNamed(store, target);
}

function noteOf(
  context: EngineContext,
  type: "notification.added" | "notification.removed",
  { app, actor, what }: { app: App | null; actor: string; what: string },
): void {
  const verb =
    type === "notification.added" ? "is told of events" : "is not told of events any more";
  const message = `${what} ${verb}.`;
  note(context, type, { appId: app?.id ?? null, target: app?.name ?? null, actor, message });
}
