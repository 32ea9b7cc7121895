import { openStream, type LiveEvent } from "#api/stream.ts";
import { createHandover, type Handover } from "../lib/handover.ts";
import { ApiError, follow } from "./client.ts";
import { pause } from "./pause.ts";

export type LiveListener = (event: LiveEvent) => void;

/** The one connection over which everything live comes. */
export type LiveStream = {
  /** Asks for a topic beside the usual ones, as long as it is not given back. */
  readonly want: (topic: string) => Release;
  readonly listen: (listener: LiveListener) => Release;
  readonly isOpen: () => boolean;
  /** Whether all these topics come at the moment, so that nothing of them is missed from now on. */
  readonly carries: (topics: readonly string[]) => boolean;
  readonly subscribeOpen: (listener: () => void) => Release;
  /** Connects, until it is given back. */
  readonly open: () => Release;
};

/** Gives back what was asked for. */
type Release = () => void;

const usualTopics = "apps,jobs,events,access,teams,users,keys,tokens,sessions,audit,metrics".split(
  ",",
);
const settleMs = 30;
/** A tab that is shown again at once has missed nothing, and need not load everything again. */
const restAfterMs = 1000;
const pauseMinMs = 250;
const pauseMaxMs = 5000;

/**
 * Keeps a stream open. Other topics need another request: the new one is opened before the old one
 * is closed, so that nothing falls between them. A tab that nobody sees has none: over plain HTTP a
 * browser opens six connections to a host, for all its tabs together.
 */
export function createLiveStream(): LiveStream {
  const wanted = new Map<string, number>();
  const listeners = new Set<LiveListener>();
  const state = createState();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (event: LiveEvent) => {
    for (const listener of listeners) listener(event);
  };
  const settle = () => {
    if (document.visibilityState === "hidden") return;
    clearTimeout(timer);
    timer = setTimeout(() => connect(state, [...usualTopics, ...wanted.keys()], tell), settleMs);
  };
  const rest = () => {
    clearTimeout(timer);
    state.handover.end();
    setClosed(state);
  };
  return {
    open() {
      settle();
      const release = watchSight(settle, rest);
      return () => {
        release();
        rest();
      };
    },
    want(topic) {
      const count = (wanted.get(topic) ?? 0) + 1;
      wanted.set(topic, count);
      if (count === 1) settle();
      return () => {
        const left = (wanted.get(topic) ?? 1) - 1;
        if (left > 0) wanted.set(topic, left);
        else wanted.delete(topic);
        if (left === 0) settle();
      };
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    isOpen: () => state.isOpen,
    carries: (topics) => topics.every((topic) => state.carried.has(topic)),
    subscribeOpen(listener) {
      state.openListeners.add(listener);
      return () => void state.openListeners.delete(listener);
    },
  };
}

/** Tells when the tab is seen again, and when it has not been for a while. */
function watchSight(onSeen: () => void, onUnseen: () => void): Release {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") onSeen();
    else timer = setTimeout(onUnseen, restAfterMs);
  };
  document.addEventListener("visibilitychange", look);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

type State = {
  readonly openListeners: Set<() => void>;
  readonly handover: Handover;
  lastEvent: number | null;
  isOpen: boolean;
  /** Something may have been missed since the last one was open. */
  hasGap: boolean;
  carried: ReadonlySet<string>;
};

function createState(): State {
  return {
    openListeners: new Set(),
    handover: createHandover(),
    lastEvent: null,
    isOpen: false,
    hasGap: false,
    carried: new Set(),
  };
}

function setOpen(state: State, isOpen: boolean): void {
  if (state.isOpen === isOpen) return;
  state.isOpen = isOpen;
  for (const listener of state.openListeners) listener();
}

/** What is told from now on is missed. */
function setClosed(state: State): void {
  state.hasGap ||= state.isOpen;
  state.carried = new Set();
  setOpen(state, false);
}

function connect(state: State, topics: readonly string[], tell: LiveListener): void {
  const { signal, opened } = state.handover.begin();
  void keepOpen(state, { topics: topics.join(","), tell, onHello: opened, signal });
}

type Wanted = {
  readonly topics: string;
  readonly tell: LiveListener;
  readonly onHello: () => void;
  readonly signal: AbortSignal;
};

/** Opens the stream again and again until `signal` aborts, with longer pauses while Berth is away. */
async function keepOpen(state: State, wanted: Wanted): Promise<void> {
  const { tell, signal } = wanted;
  let pauseMs = pauseMinMs;
  let { topics } = wanted;
  let isOpen = false;
  const onHello = () => {
    pauseMs = pauseMinMs;
    state.carried = new Set(topics.split(","));
    wanted.onHello();
    isOpen = true;
    setOpen(state, true);
    if (!state.hasGap) return;
    state.hasGap = false;
    // What was missed meanwhile is loaded again.
    tell({ type: "resync" });
  };
  while (!signal.aborted) {
    const end = await readToEnd(state, { ...wanted, topics, onHello });
    // An app that is gone, or not to be seen any more, must not take the rest with it.
    if (end === "refused") topics = usualTopics.join(",");
    if (signal.aborted) return;
    // While it has never been open, the one before it may still be.
    if (isOpen) setClosed(state);
    isOpen = false;
    await pause(pauseMs);
    pauseMs = Math.min(pauseMaxMs, pauseMs * 2);
  }
}

/** Hands on what comes until the stream ends, for whatever reason. */
async function readToEnd(state: State, wanted: Wanted): Promise<"refused" | "cut"> {
  const { topics, tell, onHello, signal } = wanted;
  const query = state.lastEvent === null ? { topics } : { topics, after: state.lastEvent };
  try {
    for await (const event of follow(openStream, { query }, signal)) {
      if (event.type === "hello") onHello();
      if (event.type === "event") state.lastEvent = event.id;
      tell(event);
    }
  } catch (error) {
    // That Berth is away is shown; a session that has ended leads to the sign-in page.
    if (error instanceof ApiError && error.status === 404) return "refused";
  }
  return "cut";
}
