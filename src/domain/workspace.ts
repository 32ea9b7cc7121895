import type { Tree } from "./builder.ts";

/** Directories of artifacts and caches, found by id. */
export type Workspace = {
  readonly artifactDir: (artifactId: number) => string;
  /** Where an artifact grows; whatever an earlier try left there is removed. The directory is not made. */
  readonly preparePartial: (artifactId: number) => Promise<string>;
  /** Makes the grown directory the artifact, in one step that survives a power cut. */
  readonly finish: (artifactId: number) => Promise<void>;
  readonly remove: (artifactId: number) => Promise<void>;
  /** Every artifact that has a directory, whole or partial. */
  readonly ids: () => Promise<number[]>;
  /** Stays between the builds of an app; made when missing. */
  readonly cacheDir: (appId: number) => Promise<string>;
  readonly removeCache: (appId: number) => Promise<void>;
  readonly treeOf: (dir: string) => Tree;
};
