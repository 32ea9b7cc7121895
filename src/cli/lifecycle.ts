import type { Output } from "./output.ts";

/**
 * What a person at the machine does with Berth as a whole. It is given in by the program, since it
 * goes around the API. Each resolves with the exit code.
 */
export type Lifecycle = {
  /** Installs what is missing, starts Berth, deploys the sample app and says where to look. */
  readonly start: (home: string, out: Output) => Promise<number>;
  readonly up: (home: string, options: { detach: boolean }, out: Output) => Promise<number>;
  readonly down: (home: string, out: Output) => Promise<number>;
  readonly install: (home: string, out: Output) => Promise<number>;
  readonly uninstall: (
    home: string,
    options: { confirmed: boolean; keepsHome: boolean },
    out: Output,
  ) => Promise<number>;
  /** Writes all that this Berth is into one file. */
  readonly backup: (
    home: string,
    wanted: { file: string; withKey: boolean },
    out: Output,
  ) => Promise<number>;
  readonly restore: (home: string, file: string, out: Output) => Promise<number>;
  readonly doctor: (home: string, out: Output) => Promise<number>;
};
