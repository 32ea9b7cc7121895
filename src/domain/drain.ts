import type { LogLine, LogOrigin } from "./logs.ts";
import type { Secret } from "./secret.ts";

/** How far each log file has been read: offset by the file's inode, as text. */
export type LogPositions = Readonly<Record<string, number>>;

/** Where a branch's lines are sent to as they come. */
export type Drain = {
  readonly id: number;
  readonly branchId: number;
  /** `syslog+tls://logs.example.com:6514`, `https://…`, `loki+https://…` */
  readonly url: Secret;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca: string | null;
  readonly actor: string;
  readonly createdAt: Date;
  readonly positions: LogPositions;
  readonly sentLines: number;
  /** Bytes of logs that were passed over, because the receiver was away too long or too slow. */
  readonly skippedBytes: number;
  readonly lastSuccessAt: Date | null;
  /** Why the last try failed; null when it did not. */
  readonly lastError: string | null;
};

export type DrainLine = LogLine & { readonly origin: LogOrigin };

/** What is sent in one go, and where reading goes on after it. */
export type DrainBatch = {
  readonly lines: readonly DrainLine[];
  readonly positions: LogPositions;
  /** Of the logs that the lines stood in. */
  readonly bytes: number;
  /** Of the logs that are passed over instead. */
  readonly skippedBytes: number;
};

/** Whose logs are read: of a branch's instances, of the router for it, and of some of its jobs. */
export type DrainedLogs = { readonly branchId: number; readonly jobs: readonly number[] };

/** Reads logs from any position on, at its reader's pace. */
export type DrainSource = {
  /** Null when there is nothing new. */
  readonly next: (logs: DrainedLogs, positions: LogPositions) => Promise<DrainBatch | null>;
  /** Where all logs end now. */
  readonly end: (logs: DrainedLogs) => Promise<LogPositions>;
  readonly waitingBytes: (logs: DrainedLogs, positions: LogPositions) => Promise<number>;
};

/** Takes lines to their receiver. */
export type DrainSender = {
  /** @throws {PlatformError} `invalid_input`, `address_refused` */
  readonly check: (url: string) => void;
  /**
   * Resolves when the receiver has taken all lines; rejects with the reason as its message.
   * @throws {LinesRefused} when trying these lines again would change nothing.
   */
  readonly send: (
    to: { readonly url: string; readonly ca: string | null },
    target: string,
    lines: readonly DrainLine[],
  ) => Promise<void>;
};

/** A receiver that wants no such lines, ever. */
export class LinesRefused extends Error {
  override readonly name = "LinesRefused";
}

/** A drain's URL as it may be shown: without what may be a password or a token in it. */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  if (!url) return "";
  const path = url.pathname === "/" || url.pathname === "" ? "" : "/…";
  return `${url.protocol}//${url.host}${path}`;
}
