import type { JobStepView } from "#api/views.ts";
import { plainText } from "../lib/text.ts";
import { Took } from "./text.tsx";

const signs = {
  running: "•",
  done: "✓",
  failed: "✕",
  aborted: "–",
  interrupted: "↻",
} as const satisfies Record<JobStepView["status"], string>;

/** The steps of a job as they were begun, each with how it ended and how long it took. */
export function Steps({ steps }: { steps: readonly JobStepView[] }) {
  if (steps.length === 0) return null;
  return (
    <ol className="job-steps">
      {steps.map((step) => (
        <li key={`${step.name} ${step.startedAt}`} className={`job-step job-step-${step.status}`}>
          <span className="job-step-sign" aria-hidden="true">
            {signs[step.status]}
          </span>
          <span className="job-step-title">
            <bdi title={plainText(step.title, 1000)}>{plainText(step.title, 200)}</bdi>
          </span>
          <span className="job-step-end">
            <Took from={step.startedAt} to={step.endedAt} />
            {step.status !== "done" && <span className="aside">{step.status}</span>}
          </span>
          <Steps steps={step.steps} />
        </li>
      ))}
    </ol>
  );
}
