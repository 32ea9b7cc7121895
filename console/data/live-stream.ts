import { openStream, type LiveEvent } from "#api/stream.ts";
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
const pauseMinMs = 250;
const pauseMaxMs = 5000;

/**
 * Keeps a stream open. Other topics need another request: the new one is opened before the old one
 * is closed, so that nothing falls between them.
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
    clearTimeout(timer);
    const connect = () => reconnect(state, [...usualTopics, ...wanted.keys()].join(","), tell);
    timer = setTimeout(connect, settleMs);
  };
  return {
    open() {
      settle();
      return () => {
        clearTimeout(timer);
        state.current?.abort();
        state.current = null;
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

type State = {
  readonly openListeners: Set<() => void>;
  current: AbortController | null;
  lastEvent: number | null;
  isOpen: boolean;
  carried: ReadonlySet<string>;
};

function createState(): State {
  return {
    openListeners: new Set(),
    current: null,
    lastEvent: null,
    isOpen: false,
    carried: new Set(),
  };
}

function setOpen(state: State, isOpen: boolean): void {
  if (state.isOpen === isOpen) return;
  state.isOpen = isOpen;
  for (const listener of state.openListeners) listener();
}

function reconnect(state: State, topics: string, tell: LiveListener): void {
  const former = state.current;
  const own = new AbortController();
  state.current = own;
  const onHello = () => {
    former?.abort();
    setOpen(state, true);
  };
  void keepOpen(state, { topics, tell, onHello, signal: own.signal });
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
  let isAgain = false;
  const onHello = () => {
    pauseMs = pauseMinMs;
    state.carried = new Set(topics.split(","));
    wanted.onHello();
    // What was missed meanwhile is loaded again.
    if (isAgain) tell({ type: "resync" });
  };
  while (!signal.aborted) {
    const end = await readToEnd(state, { ...wanted, topics, onHello });
    // An app that is gone, or not to be seen any more, must not take the rest with it.
    if (end === "refused") topics = usualTopics.join(",");
    if (signal.aborted) return;
    isAgain = true;
    state.carried = new Set();
    setOpen(state, false);
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
