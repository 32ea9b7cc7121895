import { useCallback, useState } from "react";
import type { LiveEvent } from "#api/stream.ts";
import { createJobText } from "../lib/job-text.ts";
import { createLineBuffer, type LineBuffer } from "../lib/line-buffer.ts";
import { useLive } from "./live.tsx";

/** A job's output as lines, from its beginning and as it comes. The job must stay the same. */
export function useJobOutput(job: number): LineBuffer {
  const [{ buffer, text }] = useState(() => ({
    buffer: createLineBuffer(),
    text: createJobText(),
  }));
  const onEvent = useCallback(
    (event: LiveEvent) => {
      if (event.type !== "output" || event.job !== job) return;
      buffer.add(text.add(event).map((line) => ({ at: null, source: "", text: line })));
    },
    [buffer, text, job],
  );
  useLive(`output:${job}`, onEvent);
  return buffer;
}
