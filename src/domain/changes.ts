import type { Event } from "./events.ts";

/** That something is not as it was; what it is now is asked for. */
export type Change =
  | { readonly of: "app"; readonly app: string; readonly isGone: boolean }
  | { readonly of: "instances"; readonly app: string; readonly target: string }
  | { readonly of: "job"; readonly job: number }
  | { readonly of: "event"; readonly event: Event }
  | Notice;

/** That a list is not as it was, of which nothing more is told, and that to whoever may see it. */
export type Notice = { readonly whose: Whose } & (
  | { readonly of: "drains" | "access"; readonly target: string }
  | { readonly of: "notifications"; readonly target: string | null; readonly team: string | null }
  | { readonly of: "teams"; readonly team: string }
  | {
      readonly of: "users" | "keys" | "tokens" | "sessions";
      /** Null for nobody's, which are the installation's own. */
      readonly user: string | null;
    }
  | { readonly of: "audit" | "metrics" }
);

/** An app's, a team's or a person's; the installation's own when null. */
export type Whose =
  | "everybody"
  | { readonly appId: number }
  | { readonly teamId: number }
  | { readonly userId: string }
  | null;

/** Whose something is that belongs to an app, to a team, or to neither. */
export function whoseOf({
  appId,
  teamId,
}: {
  readonly appId: number | null;
  readonly teamId: number | null;
}): Whose {
  if (appId !== null) return { appId };
  return teamId === null ? null : { teamId };
}

/** Is told of every change once it is on the disk, in order. It must not throw. */
export type ChangeListener = (change: Change) => void;
