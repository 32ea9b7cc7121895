import type { Key } from "./key.ts";

/** The file from which sshd knows who may come in. */
export type AccessFile = {
  /** Replaces it in one step. */
  readonly write: (keys: readonly Key[]) => Promise<void>;
};
