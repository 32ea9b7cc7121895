import type { CodeChanges } from "./code-changes.ts";

/** The git repositories, one for each app, found by the app's id. */
export type Source = {
  readonly ensureRepository: (appId: number) => Promise<string>;
  readonly removeRepository: (appId: number) => Promise<void>;
  /**
   * Writes the tree of a commit to a directory that does not exist yet, without any git data.
   * Answers what is to be said about it to who pushed, in sentences.
   * @throws {PlatformError} `tree_refused` for a tree that could harm who opens it.
   */
  readonly exportTree: (appId: number, commit: string, dir: string) => Promise<readonly string[]>;
  /** The commit at the tip of a branch; null when there is none. */
  readonly tipOf: (appId: number, branch: string) => Promise<string | null>;
  /** Moves a branch, only if it is still at `from`; answers whether it did. */
  readonly moveBranch: (
    appId: number,
    branch: string,
    from: string | null,
    to: string,
  ) => Promise<boolean>;
  readonly isAncestor: (appId: number, ancestor: string, commit: string) => Promise<boolean>;
  /** Keeps a commit from being collected as garbage for as long as a release needs it. */
  readonly pin: (appId: number, name: string, commit: string) => Promise<void>;
  readonly unpin: (appId: number, name: string) => Promise<void>;
  readonly subjectOf: (appId: number, commit: string) => Promise<string>;
  /** What lies between two commits; null when one of them is not there any more. */
  readonly compare: (appId: number, from: string, to: string) => Promise<CodeChanges | null>;
};
