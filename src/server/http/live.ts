import { openStream } from "#api/stream.ts";
import type { Change, Notice, Whose } from "#domain/changes.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Event } from "#domain/events.ts";
import { everyLine, type LogOrigin } from "#domain/logs.ts";
import type { Engine } from "#engine/engine.ts";
import { machineClock } from "#lib/clock.ts";
import { WrittenEvent } from "./event-stream.ts";
import { written } from "./handle.ts";
import { LiveClient, seesOutput, withheld, type Visible } from "./live-client.ts";
import { gatherNotices } from "./live-notices.ts";
import { appStatusView } from "./views.ts";

/** Changes that come this close together are told as one. */
const gatherMs = 40;
const replayMax = 1000;
const logLines = 100;
/** Whose lines a topic is about. */
const logTopics: Readonly<Record<string, LogOrigin>> = {
  logs: "app",
  router: "router",
  builds: "build",
};

export type Asked = {
  readonly topics: readonly string[];
  /** The last event that was seen. */
  readonly after: number | null;
  /** Ids of the apps that the client may see by now; null for all. */
  readonly visible: () => Visible;
  /** Likewise those on which it may run commands. */
  readonly mayRun: Visible;
  /** Whether a notice is for the client. */
  readonly hears: (notice: Notice) => boolean;
  readonly signal: AbortSignal;
};

const hubs = new WeakMap<Engine, LiveHub>();

/** The one hub of an engine, whatever door it is asked through. */
export function liveHubOf(engine: Engine): LiveHub {
  const key = engine.through("platform");
  const hub = hubs.get(key) ?? new LiveHub(key);
  hubs.set(key, hub);
  return hub;
}

/** Looks up what has changed once, and tells all who listen and may see it. */
class LiveHub {
  readonly #engine: Engine;
  readonly #clients = new Set<LiveClient>();
  #listening: Disposable | null = null;
  #apps = new Map<string, { isGone: boolean }>();
  #targets = new Map<string, string>();
  #jobs = new Set<number>();
  #events: Event[] = [];
  #isTelling = false;
  readonly #noteNotice = gatherNotices((notice) => this.#tellNotice(notice));

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Everything of the asked topics as it changes, until `signal` aborts. */
  async *open(asked: Asked): AsyncGenerator<WrittenEvent> {
    const { topics, after, mayRun, signal } = asked;
    const client = new LiveClient(asked);
    const tails = await this.#tailsOf(client, mayRun, signal);
    this.#add(client);
    signal.addEventListener("abort", () => client.close());
    try {
      const { version } = await this.#engine.status();
      yield writtenEvent({ type: "hello", version, at: machineClock.now() });
      if (after !== null && topics.some((it) => it.startsWith("events")))
        await this.#replay(client, after);
      for (const tail of tails) {
        pump(tail, client, signal).catch((error: unknown) => client.fail(error));
      }
      while (!client.isClosed) yield* await client.take();
    } finally {
      this.#remove(client);
    }
  }

  #add(client: LiveClient): void {
    this.#clients.add(client);
    this.#listening ??= this.#engine.listen((change) => this.#note(change));
  }

  #remove(client: LiveClient): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    this.#listening?.[Symbol.dispose]();
    this.#listening = null;
  }

  #note(change: Change): void {
    if (change.of === "app") this.#apps.set(change.app, change);
    else if (change.of === "instances") this.#targets.set(change.target, change.app);
    else if (change.of === "job") this.#jobs.add(change.job);
    else if (change.of === "event") this.#events.push(change.event);
    else {
      if (change.of === "access") this.#endReaders(change.whose);
      return this.#noteNotice(change);
    }
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => void this.#tellAll(), gatherMs);
  }

  async #tellAll(): Promise<void> {
    try {
      while (this.#apps.size + this.#targets.size + this.#jobs.size + this.#events.length > 0) {
        const [apps, targets, jobs] = [this.#apps, this.#targets, this.#jobs];
        const events = this.#events;
        [this.#apps, this.#targets] = [new Map(), new Map()];
        [this.#jobs, this.#events] = [new Set(), []];
        for (const client of this.#clients) client.look();
        for (const event of events) this.#tellEvent(event);
        for (const [app, { isGone }] of apps) await this.#tellApp(app, isGone);
        for (const [target, app] of targets) await this.#tellInstances(target, app);
        for (const job of jobs) await this.#tellJob(job);
      }
    } catch {
      // What cannot be looked up now is looked up by each page for itself.
      for (const client of this.#clients) client.resync();
    } finally {
      this.#isTelling = false;
    }
  }

  async #tellApp(app: string, isGone: boolean): Promise<void> {
    const wanting = this.#wanting("apps", app);
    if (wanting.length === 0) return;
    const status = isGone ? null : await orNull(this.#engine.appInfo(app));
    if (!status) return sayGone(wanting, app);
    tell(wanting, { type: "app", app: appStatusView(status) }, status.app.id);
  }

  async #tellInstances(target: string, app: string): Promise<void> {
    const wanting = this.#wanting("instances", app, target);
    if (wanting.length === 0) return;
    const status = await orNull(this.#engine.appInfo(app));
    const instances = status && (await orNull(this.#engine.listInstances(target)));
    if (instances) tell(wanting, { type: "instances", target, instances }, status.app.id);
  }

  async #tellJob(id: number): Promise<void> {
    const job = await orNull(this.#engine.job(id));
    if (!job) return;
    tell(this.#wanting("jobs", appIn(job.target), job.target), { type: "job", job }, job.appId);
  }

  #tellEvent(event: Event): void {
    const wanting = this.#wanting("events", appIn(event.target), event.target ?? "");
    const fresh = wanting.filter((it) => it.isNews(event.id));
    tell(fresh, { type: "event", id: event.id, event }, event.appId);
  }

  /** Who may read on in an app is judged anew when they come again. */
  #endReaders(whose: Whose): void {
    if (typeof whose === "string" || whose === null || !("appId" in whose)) return;
    for (const client of this.#clients) if (client.reads.has(whose.appId)) client.close();
  }

  #tellNotice(notice: Notice): void {
    const { of, whose: _, ...about } = notice;
    const target = "target" in about ? (about.target ?? "") : "";
    const hearing = this.#wanting(of, appIn(target), target).filter((it) => it.hears(notice));
    sendTo(hearing, { type: of, ...about });
  }

  #wanting(kind: string, app: string, target = app): LiveClient[] {
    return [...this.#clients].filter((it) => it.wants(kind, app, target));
  }

  /** What happened since `after`, or that too much did. */
  async #replay(client: LiveClient, after: number): Promise<void> {
    const { visible } = client;
    const query = { target: null, after, limit: replayMax + 1, visible };
    const missed = await this.#engine.listEvents(query);
    if (missed.length > replayMax) return client.resync();
    for (const event of missed.toReversed()) {
      if (!client.wants("events", appIn(event.target), event.target ?? "")) continue;
      if (client.isNews(event.id))
        client.tell(writtenEvent({ type: "event", id: event.id, event }));
    }
  }

  /** The tails among the topics; one of an app that may not be seen is refused. */
  async #tailsOf(
    client: LiveClient,
    mayRun: Visible,
    signal: AbortSignal,
  ): Promise<AsyncIterable<object>[]> {
    const tails: AsyncIterable<object>[] = [];
    for (const topic of client.topics) {
      const [kind = "", ...rest] = topic.split(":");
      const of = rest.join(":");
      if (kind === "output") {
        const job = await this.#engine.job(Number(of));
        if (!client.sees(job.appId)) throw new PlatformError("job_not_found", { job: of });
        if (job.appId !== null) client.reads.add(job.appId);
        const isShown = seesOutput(job, mayRun);
        tails.push(isShown ? outputOf(this.#engine, job.id, signal) : withheldOf(job.id));
      } else if (of !== "") {
        const { app } = await this.#engine.appInfo(of);
        if (!client.sees(app.id)) throw new PlatformError("app_not_found", { app: app.name });
        client.reads.add(app.id);
        const origin = logTopics[kind];
        if (origin) tails.push(linesOf(this.#engine, { target: of, origin, signal }));
      }
    }
    return tails;
  }
}

function tell(wanting: readonly LiveClient[], value: object, appId: number | null): void {
  sendTo(
    wanting.filter((client) => client.sees(appId)),
    value,
  );
}

function sendTo(clients: readonly LiveClient[], value: object): void {
  if (clients.length === 0) return;
  const event = writtenEvent(value);
  for (const client of clients) client.tell(event);
}

/** An app that is gone has no id any more: those who do not see everything look for themselves. */
function sayGone(wanting: readonly LiveClient[], app: string): void {
  const event = writtenEvent({ type: "gone", app });
  for (const client of wanting) {
    if (client.visible === null) client.tell(event);
    else client.resync();
  }
}

function writtenEvent(value: object): WrittenEvent {
  return new WrittenEvent(written(openStream, value));
}

async function* linesOf(
  engine: Engine,
  { target, origin, signal }: { target: string; origin: LogOrigin; signal: AbortSignal },
): AsyncGenerator<object> {
  const query = { ...everyLine, origins: [origin], lines: logLines, follow: true } as const;
  for await (const line of engine.logs(target, query, signal)) yield { type: "log", target, line };
}

async function* outputOf(engine: Engine, job: number, signal: AbortSignal): AsyncGenerator<object> {
  for await (const it of engine.followJob(job, 0, signal)) {
    if (!("job" in it)) yield { type: "output", job, offset: it.offset, text: it.text };
  }
}

async function* withheldOf(job: number): AsyncGenerator<object> {
  yield { type: "output", job, offset: Buffer.byteLength(withheld), text: withheld };
}

/** Brings over what a tail gives, no faster than it is taken. */
async function pump(
  tail: AsyncIterable<object>,
  client: LiveClient,
  signal: AbortSignal,
): Promise<void> {
  for await (const value of tail) {
    await client.pour(writtenEvent(value));
    if (signal.aborted) return;
  }
}

/** The name of the app in `shop@staging`. */
function appIn(target: string | null): string {
  return target?.split("@", 1)[0] ?? "";
}

/** Null for what is gone. */
async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  return asked.catch((error: unknown) => {
    if (error instanceof PlatformError) return null;
    throw error;
  });
}
