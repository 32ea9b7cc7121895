import { useEffect, useState } from "react";
import { readLogs } from "#api/logs.ts";
import { createLineBuffer, type Line, type LineBuffer } from "../lib/line-buffer.ts";
import { ApiError, follow } from "./client.ts";
import { pause } from "./pause.ts";

type NewLine = Omit<Line, "number">;
type Batch = { readonly add: (line: NewLine) => void };

/** What is wanted of a log: one instance or process type, or everything when `process` is empty. */
type Wanted = { readonly target: string; readonly process: string };

/** The log of a branch: its newest lines, and those that come. */
export function useAppLog(target: string, process: string): LogState {
  const [buffer] = useState(() => createLineBuffer());
  const [refused, setRefused] = useState<{ by: ApiError; process: string } | null>(null);
  useEffect(() => {
    const ended = new AbortController();
    const batch = createBatch(buffer.add);
    buffer.clear();
    followInto(batch, { target, process }, ended.signal).catch((error: unknown) => {
      if (error instanceof ApiError) setRefused({ by: error, process });
    });
    return () => {
      ended.abort();
      batch.drop();
    };
  }, [buffer, target, process]);
  return { buffer, error: refused?.process === process ? refused.by : null };
}

type LogState = { readonly buffer: LineBuffer; readonly error: ApiError | null };

/** Follows the log, again when it is cut. @throws {ApiError} when the server refuses it. */
async function followInto(batch: Batch, wanted: Wanted, signal: AbortSignal): Promise<void> {
  for (let isAgain = false; !signal.aborted; isAgain = true) {
    try {
      for await (const line of open(wanted, isAgain, signal)) batch.add(line);
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && !signal.aborted) throw error;
    }
    await pause(1000);
  }
}

function open({ target, process }: Wanted, isAgain: boolean, signal: AbortSignal) {
  const filter = process === "" ? {} : { process };
  const query = { lines: isAgain ? 0 : 2000, follow: "true", ...filter } as const;
  return follow(readLogs, { params: { target }, query }, signal);
}

/** Collects what comes between two drawings, so that a flood costs one each. */
function createBatch(onLines: (lines: NewLine[]) => void) {
  let waiting: NewLine[] = [];
  let timer: number | undefined;
  const flush = () => {
    timer = undefined;
    const lines = waiting;
    waiting = [];
    onLines(lines);
  };
  return {
    add(line: NewLine) {
      waiting.push(line);
      timer ??= window.setTimeout(flush, 50);
    },
    drop() {
      window.clearTimeout(timer);
      waiting = [];
    },
  };
}
