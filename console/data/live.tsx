import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import type { LiveEvent } from "#api/stream.ts";
import { notify } from "../parts/notices.tsx";
import { createLiveAnswers } from "./live-answers.ts";
import { createLiveStream, type LiveListener, type LiveStream } from "./live-stream.ts";

const LiveContext = createContext<LiveStream | null>(null);

/** Keeps everything that is shown up to date, over one stream. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [live] = useState(createLiveStream);
  useEffect(() => {
    const released = [
      live.open(),
      live.listen(createLiveAnswers(queries)),
      live.listen(watchVersion()),
    ];
    return () => {
      for (const release of released) release();
    };
  }, [live, queries]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** Whether what is shown is live at the moment. */
export function useIsLive(): boolean {
  const live = useContext(LiveContext);
  return useSyncExternalStore(live?.subscribeOpen ?? never, () => live?.isOpen() ?? false);
}

/**
 * Asks for topics, with commas between, while whoever calls is shown; hands over what comes.
 * `onOpen` is called when they begin to come: only what is read after that has no gap before it.
 */
export function useLive(
  topics: string,
  onEvent: LiveListener = ignore,
  onOpen: () => void = ignore,
): void {
  const live = useContext(LiveContext);
  const listener = useRef(onEvent);
  const opened = useRef(onOpen);
  useEffect(() => {
    listener.current = onEvent;
    opened.current = onOpen;
  }, [onEvent, onOpen]);
  useEffect(() => {
    if (!live) return undefined;
    const names = topics.split(",");
    const hear: LiveListener = (event) => {
      if (event.type === "hello" && live.carries(names)) opened.current();
      listener.current(event);
    };
    const released = [...names.map((topic) => live.want(topic)), live.listen(hear)];
    return () => {
      for (const release of released) release();
    };
  }, [live, topics]);
}

/** Says when Berth has been updated under an open page, whose code is then the old one. */
function watchVersion(): LiveListener {
  let known: string | null = null;
  return (event: LiveEvent) => {
    if (event.type !== "hello") return;
    if (known !== null && known !== event.version)
      notify("Berth was updated: load this page again.");
    known = event.version;
  };
}

function never(): () => void {
  return ignore;
}

function ignore(): void {}
