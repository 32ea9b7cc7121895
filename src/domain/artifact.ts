import type { ProcessType } from "./process-type.ts";

/** What a build made: an immutable directory, and what the tree says about running it. */
export type Artifact = {
  readonly id: number;
  readonly branchId: number;
  readonly commit: string;
  readonly processTypes: Readonly<Record<string, ProcessType>>;
  readonly releaseCommand: string | null;
  /** `partial` until its directory is whole; `pruned` once that is removed. */
  readonly status: "partial" | "ready" | "pruned";
  readonly createdAt: Date;
};
