import { randomUUID } from "node:crypto";
import type { Event } from "#domain/events.ts";
import { nextTry, type Delivery, type Notification } from "#domain/notification.ts";
import type { EngineContext } from "./context.ts";
import { nextEvent, type Listen } from "./feed.ts";
import { problemOf } from "./notifications.ts";

const lookMs = 1000;
const eventsAtOnce = 500;
const dueAtOnce = 100;
/** Of one receiver that is away; beyond it the newest events are not told any more. */
const waitingMax = 1000;
const mark = "notified";
const endOfTime = new Date(8.64e15);

/**
 * Tells of events whoever wants to hear of them. What is to be told is written down in the same
 * transaction as how far the events were read, and taken out when it was told: a crash in between
 * may tell it twice, under the same id, but never not at all.
 */
export class Outbox {
  readonly #context: EngineContext;
  readonly #listen: Listen;
  /** One delivery after the other for each receiver, so that order is kept and none is flooded. */
  readonly #busy = new Map<number, Promise<void>>();

  constructor(context: EngineContext, listen: Listen) {
    this.#context = context;
    this.#listen = listen;
  }

  async run(stopping: AbortSignal): Promise<void> {
    const { store, clock } = this.#context;
    if (store.marks.get(mark) === null) store.marks.set(mark, newestEvent(this.#context));
    while (!stopping.aborted) {
      await this.#try(() => {
        while (this.#collect() === eventsAtOnce);
        this.#deliverDue(stopping);
      });
      if (this.#hasWork()) await clock.sleep(lookMs, stopping).catch(() => {});
      else await nextEvent(this.#listen, stopping);
    }
    // What is under way is begun again by the next berthd.
  }

  #hasWork(): boolean {
    return this.#context.store.deliveries.due(endOfTime, 1).length > 0;
  }

  /** Answers how many events there were. */
  #collect(): number {
    const { store } = this.#context;
    const events = store.events.after(store.marks.get(mark) ?? 0, eventsAtOnce);
    const last = events.at(-1);
    if (!last) return 0;
    const notifications = store.notifications.list();
    store.transaction(() => {
      for (const event of events) {
        const wanted = notifications.filter((it) => this.#isWanted(it, event));
        for (const { id } of wanted) this.#add(id, event);
      }
      store.marks.set(mark, last.id);
    });
    return events.length;
  }

  /** A team's are asked about last, as only then the app has to be looked up: there may be very many events. */
  #isWanted({ appId, teamId, events }: Notification, event: Event): boolean {
    if (!events.includes(event.type)) return false;
    if (appId !== null) return appId === event.appId;
    if (teamId === null) return true;
    return event.appId !== null && this.#context.store.apps.get(event.appId)?.teamId === teamId;
  }

  #add(notificationId: number, { at, type, target, actor, message }: Event): void {
    const { store, clock } = this.#context;
    if (store.deliveries.count(notificationId) >= waitingMax) return;
    const now = clock.now();
    const event = { at, type, target, actor, message };
    const row = {
      id: randomUUID(),
      notificationId,
      event,
      attempts: 0,
      createdAt: now,
      nextAt: now,
    };
    store.deliveries.add(row);
  }

  #deliverDue(stopping: AbortSignal): void {
    const due = this.#context.store.deliveries.due(this.#context.clock.now(), dueAtOnce);
    for (const [id, deliveries] of Map.groupBy(due, (it) => it.notificationId)) {
      if (this.#busy.has(id)) continue;
      const work = this.#deliver(id, deliveries, stopping).finally(() => this.#busy.delete(id));
      this.#busy.set(id, work);
    }
  }

  async #deliver(
    id: number,
    deliveries: readonly Delivery[],
    stopping: AbortSignal,
  ): Promise<void> {
    const { store, notifiers, clock, log } = this.#context;
    for (const delivery of deliveries) {
      const notification = store.notifications.get(id);
      if (!notification || stopping.aborted) return;
      try {
        await notifiers[notification.kind].send(notification, delivery);
        store.deliveries.remove(delivery.id);
        store.notifications.update(id, { lastSuccessAt: clock.now(), lastError: null });
      } catch (error) {
        if (stopping.aborted) return;
        log.info({ notification: id, problem: problemOf(error) }, "a notification was not taken");
        this.#postpone(delivery, error);
      }
    }
  }

  #postpone({ id, notificationId, attempts }: Delivery, error: unknown): void {
    const { store, clock } = this.#context;
    const nextAt = nextTry(attempts + 1, clock.now());
    store.transaction(() => {
      if (nextAt) store.deliveries.retry(id, attempts + 1, nextAt);
      else store.deliveries.remove(id);
      store.notifications.update(notificationId, { lastError: problemOf(error) });
    });
  }

  async #try(work: () => void): Promise<void> {
    try {
      work();
    } catch (error) {
      this.#context.log.error({ err: error }, "could not work through notifications");
    }
  }
}

function newestEvent({ store }: EngineContext): number {
  return store.events.list({ target: null, before: null, limit: 1 })[0]?.id ?? 0;
}
