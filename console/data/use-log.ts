import { useCallback, useEffect, useRef, useState } from "react";
import { readLogs } from "#api/logs.ts";
import type { LiveEvent } from "#api/stream.ts";
import { createLineBuffer, type Line, type LineBuffer } from "../lib/line-buffer.ts";
import { createLineSieve } from "../lib/line-sieve.ts";
import { withoutAnsi } from "../lib/ansi.ts";
import { ApiError, follow } from "./client.ts";
import { useLive } from "./live.tsx";

/** Whose lines are shown, and under which topic of the stream they come. */
export const logSources = {
  app: { name: "the app", topics: ["logs"] },
  router: { name: "the router", topics: ["router"] },
  build: { name: "builds", topics: ["builds"] },
  all: { name: "all of them", topics: ["logs", "router", "builds"] },
} as const;
export type LogSource = keyof typeof logSources;

export type LogWanted = {
  readonly target: string;
  readonly source: LogSource;
  /** A process type or an instance; everything when empty. */
  readonly process: string;
  /** What a line must have in it. */
  readonly text: string;
};

type NewLine = Omit<Line, "number">;
type LogState = { readonly buffer: LineBuffer; readonly error: ApiError | null };

const historyLines = 2000;

/** The newest lines that are kept of a branch and fit, and those that come. */
export function useAppLog(wanted: LogWanted): LogState {
  const { target, source, process, text } = wanted;
  const what = JSON.stringify(wanted);
  const [buffer] = useState(() => createLineBuffer());
  const [refused, setRefused] = useState<{ by: ApiError; what: string } | null>(null);
  const intake = useRef<Intake | null>(null);
  const read = useRef<() => void>(() => {});
  useEffect(() => {
    const ended = new AbortController();
    const own = createIntake(buffer);
    intake.current = own;
    read.current = () => {
      own.hold();
      readHistory({ target, source, process, text }, ended.signal).then(
        own.begin,
        (error: unknown) => {
          own.begin([]);
          if (error instanceof ApiError) setRefused({ by: error, what });
        },
      );
    };
    buffer.clear();
    read.current();
    return () => {
      ended.abort();
      own.end();
    };
  }, [buffer, target, source, process, text, what]);
  const onEvent = useCallback(
    (event: LiveEvent) => {
      if (event.type !== "log" || event.target !== target) return;
      if (isWanted(event.line, process, text)) intake.current?.add(event.line);
    },
    [target, process, text],
  );
  // What was written before the lines began to come, or while they did not, is read once more.
  const onOpen = useCallback(() => read.current(), []);
  const topics = logSources[source].topics.map((topic) => `${topic}:${target}`).join();
  useLive(topics, onEvent, onOpen);
  return { buffer, error: refused?.what === what ? refused.by : null };
}

async function readHistory(
  { target, source, process, text }: LogWanted,
  signal: AbortSignal,
): Promise<NewLine[]> {
  const filters = { ...(process && { process }), ...(text && { grep: text }) };
  const query = { lines: historyLines, source, ...filters };
  const lines: NewLine[] = [];
  for await (const line of follow(readLogs, { params: { target }, query }, signal))
    lines.push(line);
  return lines;
}

function isWanted({ source, text }: NewLine, process: string, wanted: string): boolean {
  const isFrom = process === "" || source === process || source.startsWith(`${process}.`);
  return isFrom && withoutAnsi(text).toLowerCase().includes(wanted.toLowerCase());
}

type Intake = {
  /** What was kept is being read: what comes waits for it. */
  readonly hold: () => void;
  /** What was kept comes first, then what has come in the meantime. */
  readonly begin: (history: readonly NewLine[]) => void;
  readonly add: (line: NewLine) => void;
  readonly end: () => void;
};

/** Collects what comes between two drawings, so that a flood costs one each. */
function createIntake(buffer: LineBuffer): Intake {
  const isNew = createLineSieve();
  let waiting: NewLine[] = [];
  let readings = 0;
  let hasEnded = false;
  let timer: number | undefined;
  const flush = () => {
    timer = undefined;
    if (readings > 0) return;
    const lines = waiting.filter(isNew);
    waiting = [];
    buffer.add(lines);
  };
  return {
    hold() {
      readings += 1;
    },
    begin(history) {
      readings -= 1;
      if (hasEnded) return;
      buffer.add(history.filter(isNew));
      flush();
    },
    add(line) {
      waiting.push(line);
      timer ??= window.setTimeout(flush, 50);
    },
    end() {
      hasEnded = true;
      window.clearTimeout(timer);
      waiting = [];
    },
  };
}
