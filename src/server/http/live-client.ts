import type { Job } from "#domain/job.ts";
import type { Notice } from "#domain/changes.ts";
import { WrittenEvent } from "./event-stream.ts";

/** Ids of the apps on which somebody has a right; null for all of them and what is of none. */
export type Visible = ReadonlySet<number> | null;

/** What a one-off command printed is for those who may run one. */
export function seesOutput({ kind, appId }: Pick<Job, "kind" | "appId">, mayRun: Visible): boolean {
  return kind !== "run" || isAmong(appId, mayRun);
}

/** Stands in the place of such output for everybody else. */
export const withheld = "[What it printed is shown to those who may run commands of this app.]\n";

function isAmong(appId: number | null, visible: Visible): boolean {
  return visible === null || (appId !== null && visible.has(appId));
}

type Wanted = {
  readonly topics: readonly string[];
  /** Ids of the apps that it may see by now. */
  readonly visible: () => Visible;
  /** Whether a notice is for it. */
  readonly hears: (notice: Notice) => boolean;
};

const waitingMax = 256;
const resyncEvent = new WrittenEvent({ type: "resync" });

/** One client of the stream: what it wants and may see, and what waits for it. */
export class LiveClient {
  readonly topics: readonly string[];
  readonly hears: Wanted["hears"];
  /** Ids of the apps whose lines or output it reads. */
  readonly reads = new Set<number>();
  readonly #visibleNow: () => Visible;
  #visible: Visible;
  #waiting: WrittenEvent[] = [];
  #pieces: WrittenEvent[] = [];
  #newest = 0;
  #failure: unknown = null;
  #isClosed = false;
  /** Somebody has something to say. */
  #said = Promise.withResolvers<void>();
  /** What waited has been taken. */
  #taken = Promise.withResolvers<void>();

  constructor({ topics, visible, hears }: Wanted) {
    this.topics = topics;
    this.hears = hears;
    this.#visibleNow = visible;
    this.#visible = visible();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What it may see as of the last look. */
  get visible(): Visible {
    return this.#visible;
  }

  /** Looks again what it may see: apps come and go, and so do rights. */
  look(): void {
    this.#visible = this.#visibleNow();
  }

  wants(kind: string, app: string, target: string): boolean {
    return [kind, `${kind}:${app}`, `${kind}:${target}`].some((it) => this.topics.includes(it));
  }

  sees(appId: number | null): boolean {
    return isAmong(appId, this.#visible);
  }

  /** Whether an event has not been told yet; to be asked once for each, in order. */
  isNews(eventId: number): boolean {
    if (eventId <= this.#newest) return false;
    this.#newest = eventId;
    return true;
  }

  /** A client that is too slow has to load again what it shows, instead of filling our memory. */
  tell(event: WrittenEvent): void {
    if (this.#waiting.length >= waitingMax) return this.resync();
    this.#waiting.push(event);
    this.#said.resolve();
  }

  resync(): void {
    this.#waiting = [resyncEvent];
    this.#said.resolve();
  }

  fail(error: unknown): void {
    this.#failure ??= error;
    this.#said.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#said.resolve();
    this.#taken.resolve();
  }

  /** Tells a piece of a tail as soon as there is room, as nothing of it may be missing. */
  async pour(piece: WrittenEvent): Promise<void> {
    while (this.#pieces.length >= waitingMax && !this.#isClosed) await this.#taken.promise;
    this.#pieces.push(piece);
    this.#said.resolve();
  }

  /** What waits, as soon as something does; nothing once it is closed. */
  async take(): Promise<WrittenEvent[]> {
    const isIdle = this.#waiting.length + this.#pieces.length === 0;
    if (isIdle && this.#failure === null && !this.#isClosed) await this.#said.promise;
    if (this.#failure !== null) throw this.#failure;
    const taken = [...this.#waiting, ...this.#pieces];
    [this.#waiting, this.#pieces] = [[], []];
    this.#taken.resolve();
    this.#said = Promise.withResolvers();
    this.#taken = Promise.withResolvers();
    return taken;
  }
}
