import type { Tree } from "./builder.ts";

/** Directories of artifacts and caches, found by id. */
export type Workspace = {
  readonly artifactDir: (artifactId: number) => string;
  readonly growingDir: (artifactId: number) => string;
  /** Where an artifact grows; whatever an earlier try left there is removed. The directory is not made. */
  readonly preparePartial: (artifactId: number) => Promise<string>;
  /** Gives the grown directory to the app's Linux user, to build in. */
  readonly handOver: (artifactId: number, userNumber: number) => Promise<void>;
  /**
   * Takes it back: from now on nobody changes it.
   * @throws {PlatformError} `tree_refused` when the build left something in it that is no file.
   */
  readonly seal: (artifactId: number, userNumber: number) => Promise<void>;
  /** Makes the grown directory the artifact, in one step that survives a power cut. */
  readonly finish: (artifactId: number, userNumber: number) => Promise<void>;
  readonly remove: (artifactId: number) => Promise<void>;
  /** Every artifact that has a directory, whole or partial. */
  readonly ids: () => Promise<number[]>;
  /** Lets the router read an artifact, to serve files of it. */
  readonly publish: (artifactId: number, userNumber: number) => Promise<void>;
  /** The cache stays between the builds of an app. */
  readonly removeCache: (appId: number) => Promise<void>;
  readonly treeOf: (dir: string) => Tree;
};
