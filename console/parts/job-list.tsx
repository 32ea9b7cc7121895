import type { JobView } from "#api/views.ts";
import { plainText } from "../lib/text.ts";
import { JobLink } from "./job-link.tsx";
import { Link, paths } from "./link.tsx";
import { Empty } from "./note.tsx";
import { JobState } from "./state.tsx";
import { Ago, Foreign, Took } from "./text.tsx";

type JobListProps = { readonly jobs: readonly JobView[]; readonly showTarget?: boolean };

/** Jobs, the newest first, each with how it stands and why it failed. */
export function JobList({ jobs, showTarget }: JobListProps) {
  if (jobs.length === 0) {
    return <Empty title="No job yet. Each deploy, rollback and restart is one." />;
  }
  return (
    <ul className="rows">
      {jobs.map((job) => (
        <li key={job.id} className="row">
          <JobState status={job.status} />
          <div className="row-main">
            <p className="clip">
              <JobLink job={job} />
              {showTarget && job.target !== "" && (
                <>
                  {" of "}
                  <Link to={paths.app(job.target)}>{job.target}</Link>
                </>
              )}
              {job.input.description && (
                <span className="aside">
                  {" · "}
                  <Foreign text={job.input.description} />
                </span>
              )}
            </p>
            {job.error && (
              <p className="row-problem clip">
                {plainText(job.error.message.split("\n", 1)[0] ?? "", 300)}
              </p>
            )}
          </div>
          <p className="row-aside aside">
            {job.startedAt && <Took from={job.startedAt} to={job.endedAt} />}
            <Ago at={job.createdAt} />
            <span className="clip">
              <Foreign text={job.actor} />
            </span>
          </p>
        </li>
      ))}
    </ul>
  );
}
