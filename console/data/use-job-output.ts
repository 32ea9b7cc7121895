import { useEffect, useState } from "react";
import { jobEvents } from "#api/jobs.ts";
import { createLineBuffer, type LineBuffer } from "../lib/line-buffer.ts";
import { follow } from "./client.ts";
import { pause } from "./pause.ts";

/** A job's output as lines, from its beginning and as it comes. */
export function useJobOutput(job: number): LineBuffer {
  const [buffer] = useState(() => createLineBuffer());
  useEffect(() => {
    const ended = new AbortController();
    buffer.clear();
    void followInto(buffer, job, ended.signal);
    return () => ended.abort();
  }, [buffer, job]);
  return buffer;
}

/** Reads on until the job has ended; a stream that is cut is gone on with where it was. */
async function followInto(buffer: LineBuffer, job: number, signal: AbortSignal): Promise<void> {
  const place: Place = { offset: 0, rest: "" };
  while (!signal.aborted) {
    const isEnded = await readOn(buffer, { job, place, signal }).catch(() => false);
    if (isEnded) break;
    await pause(1000);
  }
  if (place.rest !== "" && !signal.aborted) buffer.add([lineOf(place.rest)]);
}

/** How far the output has been read, and the beginning of a line that has not ended. */
type Place = { offset: number; rest: string };

async function readOn(
  buffer: LineBuffer,
  from: { readonly job: number; readonly place: Place; readonly signal: AbortSignal },
): Promise<boolean> {
  const { job, place, signal } = from;
  const input = { params: { job }, query: { after: place.offset } };
  for await (const piece of follow(jobEvents, input, signal)) {
    if (signal.aborted || (piece.type === "job" && piece.job.endedAt !== null)) return true;
    if (piece.type !== "output") continue;
    place.offset = piece.id;
    const lines = (place.rest + piece.text).split("\n");
    place.rest = lines.pop() ?? "";
    buffer.add(lines.map(lineOf));
  }
  return false;
}

function lineOf(text: string) {
  return { at: null, source: "", text };
}
