import type { DeployStep, Job, JobStep, StepStatus } from "#domain/job.ts";
import type { EngineContext } from "./context.ts";
import type { JobWriter } from "./job-writer.ts";

type Open = Omit<JobStep, "status" | "endedAt" | "to" | "steps"> & {
  status: StepStatus;
  endedAt: string | null;
  to: number | null;
  exitCode?: number | null;
  steps: Open[];
};

/** What is known of a step only once it has ended. */
export type StepFacts = { exitCode?: number | null };

/** `name` for programs, `title` for people. */
export type StepName = {
  readonly name: string;
  readonly title: string;
  /** Whether the title is a heading of the job's output, too. */
  readonly isHeading?: true;
  /** Where a job that is left in this step goes on. */
  readonly resumeAt?: DeployStep;
};

/** Writes down the steps of one job as they are taken. */
export type StepRecorder = {
  /**
   * Carries out a part of the work as a step, within the one that is open. That it began is on the
   * disk before it does, that it ended when it has.
   */
  readonly step: <T>(what: StepName, work: (facts: StepFacts) => Promise<T>) => Promise<T>;
};

type Around = {
  readonly out: Pick<JobWriter, "heading" | "wake">;
  readonly signal: AbortSignal;
  readonly stopping: AbortSignal;
};

/** Goes on with what is recorded: steps that an earlier berthd left open are `interrupted`. */
export function createStepRecorder(
  { store, clock, jobLog }: Pick<EngineContext, "store" | "clock" | "jobLog">,
  job: Job,
  { out, signal, stopping }: Around,
): StepRecorder {
  const steps: Open[] = job.steps.map(openOf);
  const stack: Open[] = [];
  const end = (step: Open, status: StepStatus) => {
    step.status = status;
    step.endedAt = clock.now().toISOString();
    step.to = jobLog.size(job.id);
  };
  const save = (resumeAt?: DeployStep) => {
    // A job that was removed meanwhile has no steps to keep.
    if (store.jobs.get(job.id))
      store.jobs.update(job.id, { steps, ...(resumeAt ? { step: resumeAt } : {}) });
    out.wake();
  };
  for (const step of steps.flatMap(everyStep)) {
    if (step.status === "running") end(step, "interrupted");
  }
  return {
    step: async ({ name, title, isHeading, resumeAt }, work) => {
      signal.throwIfAborted();
      const step = begun({ name, title, from: jobLog.size(job.id), at: clock.now() });
      (stack.at(-1)?.steps ?? steps).push(step);
      stack.push(step);
      save(resumeAt);
      if (isHeading) out.heading(title);
      try {
        const result = await work(step);
        end(step, "done");
        save();
        return result;
      } catch (error) {
        // A step that berthd leaves is gone on with by the next one.
        if (stopping.aborted) throw error;
        end(step, signal.aborted ? "aborted" : "failed");
        save();
        throw error;
      } finally {
        stack.splice(stack.indexOf(step));
      }
    },
  };
}

function begun(of: { name: string; title: string; from: number; at: Date }): Open {
  const { name, title, from, at } = of;
  const startedAt = at.toISOString();
  return { name, title, status: "running", startedAt, endedAt: null, from, to: null, steps: [] };
}

function openOf(step: JobStep): Open {
  return { ...step, steps: step.steps.map(openOf) };
}

function everyStep(step: Open): Open[] {
  return [step, ...step.steps.flatMap(everyStep)];
}
