import { QueryObserver, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type RefObject } from "react";
import { jobInfo } from "#api/jobs.ts";
import type { ChangeView, JobView } from "#api/views.ts";
import { ApiError, call } from "./client.ts";
import { refresh } from "./refresh.ts";
import { keyOf } from "./use-operation.ts";

/** Why a change does not hold. */
export type Refusal = Pick<ApiError, "message" | "hint">;

type ChangeEvents = {
  /** It is on its way: it holds at once, or when a job is done. */
  readonly onTaken: (taken: ChangeView) => void;
  /** It holds, and what is shown says so. */
  readonly onHeld?: () => void;
  readonly onRefused?: () => void;
};

type Change = {
  readonly make: (act: () => Promise<ChangeView>, events: ChangeEvents) => void;
  /** Whether one has not been taken yet, so that none is made twice. */
  readonly isSending: boolean;
  /** Why the last one that ended does not hold. */
  readonly refusal: Refusal | null;
};

/** Changes what holds for a branch, followed until the release that brings it is healthy, or is not. */
export function useChange(): Change {
  const queries = useQueryClient();
  const [isSending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const page = usePage();
  const make: Change["make"] = (act, { onTaken, onHeld, onRefused }) => {
    setSending(true);
    setRefusal(null);
    const refuse = (by: Refusal) => {
      setRefusal(by);
      onRefused?.();
    };
    const carryOut = async () => {
      const taken = await act().finally(() => setSending(false));
      onTaken(taken);
      const job = taken.job && (await ended(queries, taken.job, page.current));
      await refresh(queries);
      const by = job && refusalOf(job);
      if (by) refuse(by);
      else onHeld?.();
    };
    carryOut().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      refuse(error);
    });
  };
  return { make, isSending, refusal };
}

/** Aborts when whoever calls is not shown any more. */
function usePage(): RefObject<AbortSignal> {
  const page = useRef(AbortSignal.abort());
  useEffect(() => {
    const shown = new AbortController();
    page.current = shown.signal;
    return () => shown.abort();
  }, []);
  return page;
}

/** Beside what the stream tells, as it may be cut just then. */
const lookMs = 5000;

/** A job as it ended. Nobody hears of it any more once `signal` has aborted. */
function ended(queries: QueryClient, job: JobView, signal: AbortSignal): Promise<JobView> {
  const input = { params: { job: job.id } };
  const observer = new QueryObserver<JobView, ApiError>(queries, {
    queryKey: keyOf(jobInfo, input),
    queryFn: ({ signal: asked }) => call(jobInfo, input, asked),
    initialData: job,
    refetchInterval: lookMs,
  });
  const { promise, resolve, reject } = Promise.withResolvers<JobView>();
  const look = () => {
    const { data = job, error } = observer.getCurrentResult();
    if (data.endedAt !== null) resolve(data);
    else if (error?.status === 404) reject(error);
    else return;
    stop();
  };
  const stop = observer.subscribe(look);
  signal.addEventListener("abort", stop);
  look();
  return promise;
}

function refusalOf({ id, status, error }: JobView): Refusal | null {
  if (status === "done") return null;
  return error ?? { message: `Job #${id} was ${status}.`, hint: "What it was for does not hold." };
}
