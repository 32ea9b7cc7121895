import type { Event } from "./events.ts";

/** That something is not as it was; what it is now is asked for. */
export type Change =
  | { readonly of: "app"; readonly app: string; readonly isGone: boolean }
  | { readonly of: "instances"; readonly app: string; readonly target: string }
  | { readonly of: "job"; readonly job: number }
  | { readonly of: "event"; readonly event: Event }
  | {
      /** How something is sent on; `target` is null for what concerns the installation. */
      readonly of: "drains" | "notifications";
      readonly appId: number | null;
      readonly target: string | null;
    };

/** Is told of every change once it is on the disk, in order. It must not throw. */
export type ChangeListener = (change: Change) => void;
