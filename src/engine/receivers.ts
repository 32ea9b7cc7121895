import type { Drain } from "#domain/drain.ts";
import { PlatformError } from "#domain/errors.ts";
import type { EventType } from "#domain/events.ts";
import type { Notification, NotificationKind } from "#domain/notification.ts";
import type { Secret } from "#domain/secret.ts";

export type NewDrain = {
  readonly target: string;
  readonly url: string;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca: string | null;
};

export type DrainStatus = Omit<Drain, "url" | "ca" | "positions"> & {
  readonly target: string;
  /** Without what may be a password or a token in it. */
  readonly url: string;
  /** How much of the logs has not been sent yet. */
  readonly waitingBytes: number;
};

/** Whose events somebody is told of: an app's, a team's, or with neither all and the installation's. */
export type Told = { readonly target: string | null; readonly team: string | null };

export type NewNotification = Told & {
  readonly kind: NotificationKind;
  readonly address: string;
  /** The usual ones when it is null. */
  readonly events: readonly EventType[] | null;
};

/** What is left out stays as it is. */
export type NotificationChange = {
  readonly id: number;
  readonly address?: string | undefined;
  readonly events?: readonly EventType[] | undefined;
};

export type NotificationStatus = Omit<Notification, "address" | "signingSecret"> &
  Told & {
    /** Without what may be a token in it. */
    readonly address: string;
    readonly waiting: number;
  };

/** What the engine does with those that Berth sends to. */
export type Receivers = {
  readonly listDrains: (target: string) => Promise<DrainStatus[]>;
  readonly addDrain: (asked: NewDrain, actor: string) => Promise<DrainStatus>;
  readonly removeDrain: (target: string, id: number, actor: string) => Promise<void>;

  readonly listNotifications: (of: Told) => Promise<NotificationStatus[]>;
  readonly addNotification: (
    asked: NewNotification,
    actor: string,
  ) => Promise<{ notification: NotificationStatus; signingSecret: string | null }>;
  readonly setNotification: (
    of: Told,
    change: NotificationChange,
    actor: string,
  ) => Promise<NotificationStatus>;
  readonly removeNotification: (of: Told, id: number, actor: string) => Promise<void>;
  /** Resolves when the receiver has taken a test. */
  readonly testNotification: (of: Told, id: number, actor: string) => Promise<void>;
};

/** A sealed address as it may be shown; of one whose key is lost, that it is there. */
export function shownOf(address: Secret, shown: (address: string) => string): string {
  try {
    return shown(address.reveal());
  } catch (error) {
    if (error instanceof PlatformError) return "(cannot be read any more)";
    throw error;
  }
}
