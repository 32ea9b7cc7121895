import type { RouterLogs } from "#domain/logs.ts";
import type { RequestLine } from "#domain/request-log.ts";
import type { Owner } from "./traffic.ts";

/** A busy app's log would only be overwritten sooner, and take berthd's time with it. */
const linesPerSecond = 200;

type Budget = { second: number; written: number; leftOut: number };
type Line = { readonly at: Date; readonly text: string };

/** Writes what the router answered to each branch's own log, within a bound for each second. */
export class RouterLog {
  readonly #logs: RouterLogs;
  readonly #budgets = new Map<number, Budget>();
  readonly #waiting = new Map<number, Line[]>();

  constructor(logs: RouterLogs) {
    this.#logs = logs;
  }

  add({ branchId, instance }: Owner, line: RequestLine): void {
    const lines = this.#waiting.get(branchId) ?? [];
    this.#waiting.set(branchId, lines);
    const second = Math.floor(line.atMs / 1000);
    const budget = this.#budgets.get(branchId) ?? { second, written: 0, leftOut: 0 };
    this.#budgets.set(branchId, budget);
    const at = new Date(line.atMs);
    if (second > budget.second) {
      if (budget.leftOut > 0) {
        lines.push({ at, text: `[${budget.leftOut} requests are not shown: too many a second]` });
      }
      Object.assign(budget, { second, written: 0, leftOut: 0 });
    }
    if (budget.written >= linesPerSecond) {
      budget.leftOut += 1;
      return;
    }
    budget.written += 1;
    lines.push({ at, text: renderRequest(line, instance) });
  }

  /** To be called after each batch. */
  flush(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [branchId, lines] of waiting) {
      if (lines.length > 0) this.#logs.append(branchId, lines);
    }
  }

  forget(branchId: number): void {
    this.#budgets.delete(branchId);
    this.#waiting.delete(branchId);
  }
}

/** What a visitor chose stands there as text without spaces, so that no field can be forged. */
function renderRequest(line: RequestLine, instance: string | null): string {
  const { method, path, status, durationMs, bytes, host, client, id } = line;
  return [
    plain(method),
    plain(path),
    `status=${status}`,
    `ms=${durationMs}`,
    `bytes=${bytes}`,
    `instance=${instance ?? "-"}`,
    `host=${plain(host)}`,
    `client=${client}`,
    `request=${id}`,
  ].join(" ");
}

function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- finding them is the purpose
  return text.replaceAll(/[\0-\x20\x7f-\x9f]/g, (it) => encodeURIComponent(it)) || "-";
}
