import type { JobView } from "#api/views.ts";
import { JobLink } from "./job-link.tsx";
import { ErrorNote } from "./note.tsx";
import { JobState } from "./state.tsx";
import { Steps } from "./steps.tsx";
import { Took } from "./text.tsx";

/** How a job is doing, in a few lines. */
export function JobProgress({ job }: { job: JobView }) {
  return (
    <div className="progress">
      <p className="progress-head">
        <JobState status={job.status} />
        <JobLink job={job} />
        {job.startedAt && <Took from={job.startedAt} to={job.endedAt} />}
      </p>
      <Steps steps={job.steps} />
      {job.error && <ErrorNote error={job.error} />}
    </div>
  );
}
