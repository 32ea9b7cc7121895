import type { EngineContext } from "./context.ts";

/** Where a job's output goes: headings, indented lines, and the raw output of programs. */
export type JobWriter = {
  readonly heading: (text: string) => void;
  readonly line: (text: string) => void;
  readonly raw: (bytes: Uint8Array) => void;
  /** Lets those who follow look at the job again. */
  readonly wake: () => void;
};

/** A log that cannot be written, as on a full disk, breaks no job. */
export function writerOf(
  { jobLog, log }: Pick<EngineContext, "jobLog" | "log">,
  jobId: number,
): JobWriter {
  let isBroken = false;
  const append = (text: string | Uint8Array) => {
    try {
      jobLog.append(jobId, text);
    } catch (error) {
      if (!isBroken) log.error({ err: error, job: jobId }, "could not write a job's log");
      isBroken = true;
    }
  };
  return {
    heading: (text) => append(`-----> ${text}\n`),
    line: (text) => append(`       ${text.replaceAll("\n", "\n       ")}\n`),
    raw: append,
    wake: () => append(new Uint8Array()),
  };
}
