import { z } from "zod";
import { eventCatalog, type Event, type EventType } from "./events.ts";
import type { Secret } from "./secret.ts";

/** How somebody is told: a signed request, a line in a chat, a mail. */
export const notificationKinds = ["webhook", "chat", "mail"] as const;
export type NotificationKind = (typeof notificationKinds)[number];

// The catalogue's keys are the event types.
export const EventTypeName = z.enum(Object.keys(eventCatalog) as [EventType, ...EventType[]]);

/** What people want to hear of without having to choose. */
export const usualEvents: readonly EventType[] = [
  "release.current",
  "deploy.failed",
  "instance.crashing",
  "instance.out_of_memory",
  "disk.low",
  "certificate.expiring",
];

/** Somebody who is told when something happens. */
export type Notification = {
  readonly id: number;
  /** Whose events: an app's, all of a team's; with neither those of all apps and the installation. */
  readonly appId: number | null;
  readonly teamId: number | null;
  readonly kind: NotificationKind;
  /** A URL, which may hold a token, or a mail address. */
  readonly address: Secret;
  /** With which requests are signed; only of a webhook. */
  readonly signingSecret: Secret | null;
  readonly events: readonly EventType[];
  readonly actor: string;
  readonly createdAt: Date;
  readonly lastSuccessAt: Date | null;
  /** Why the last try failed; null when it did not. */
  readonly lastError: string | null;
};

/** Before the key in base64, as webhooks' secrets are written. @see https://www.standardwebhooks.com */
export const signingSecretPrefix = "whsec_";

/** What is told: an event, or the test that a person asked for. */
export type NotificationEvent = Omit<Event, "type" | "id" | "appId" | "door"> & {
  readonly type: EventType | "notification.test";
};

/** Something that is still to be told to somebody. */
export type Delivery = {
  /** The same at every try, so that a receiver knows what it has had already. */
  readonly id: string;
  readonly notificationId: number;
  readonly event: NotificationEvent;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly nextAt: Date;
};

/** Brings messages of one kind to where they belong. */
export type Notifier = {
  /** @throws {PlatformError} `invalid_input`, `address_refused`, `mail_not_set_up` */
  readonly check: (address: string) => void;
  /** Rejects when it was not taken, with the reason as its message. */
  readonly send: (
    to: Pick<Notification, "address" | "signingSecret">,
    delivery: Pick<Delivery, "id" | "event">,
  ) => Promise<void>;
};

export type Notifiers = Readonly<Record<NotificationKind, Notifier>>;

/** Between tries, in seconds; after the last one it is given up. */
const pausesS = [10, 30, 60, 300, 900, 3600, 10_800, 21_600, 43_200] as const;

/** When to try again after so many tries; null when it is enough. */
export function nextTry(attempts: number, now: Date): Date | null {
  const pauseS = pausesS[attempts - 1];
  return pauseS === undefined ? null : new Date(now.getTime() + pauseS * 1000);
}

/** An address as it may be shown: without what may be a token in it. */
export function shownAddress(kind: NotificationKind, address: string): string {
  return kind === "mail" ? address : `${new URL(address).origin}/…`;
}

/** The event as a sentence for people. */
export function sentenceOf({ type, target, actor, message }: NotificationEvent): string {
  const about = target === null ? "" : `${target}: `;
  const by = actor === "berth" ? "" : ` (${actor})`;
  return `${about}${message}${by} [${type}]`;
}
