import type { ProcessType } from "./process-type.ts";

/** What a builder may look at: names and small files of the pushed tree, never outside of it. */
export type Tree = {
  readonly has: (path: string) => boolean;
  /** Text of a regular file of at most 1 MiB; null when there is none or it is not one. */
  readonly read: (path: string) => string | null;
};

export type BuildContext = {
  readonly tree: Tree;
  /** Runs a command line in the sandbox, in the tree; throws `build_failed` when it fails. */
  readonly run: (command: string) => Promise<void>;
  /** Prints a heading to whoever follows the build. */
  readonly say: (line: string) => void;
};

/** Turns a pushed tree into something that runs. To add a language is to add one of these. */
export type Builder = {
  readonly name: string;
  readonly summary: string;
  readonly detect: (tree: Tree) => boolean;
  readonly build: (context: BuildContext) => Promise<void>;
  /** Process types for a tree that has no Procfile. */
  readonly processTypes: (tree: Tree) => Readonly<Record<string, ProcessType>>;
};

/** Declares a builder; exists so that a builder file reads as one. */
export function defineBuilder(builder: Builder): Builder {
  return builder;
}
