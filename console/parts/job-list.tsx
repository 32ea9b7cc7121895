import type { JobView } from "#api/views.ts";
import { headline, plainText } from "../lib/text.ts";
import { JobLink } from "./job-link.tsx";
import { Link, paths } from "./link.tsx";
import { Empty } from "./note.tsx";
import { JobState } from "./state.tsx";
import { Ago, Commit, Foreign, Took } from "./text.tsx";

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
              <JobSubject input={job.input} />
            </p>
            {job.error && <p className="row-problem">{plainText(headline(job.error.message))}</p>}
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

/** What a job is about: what it was asked for, the command it runs, or the commit it deploys. */
function JobSubject({ input: { description, command, commit } }: Pick<JobView, "input">) {
  const words = description ?? command;
  if (words === undefined && commit === undefined) return null;
  return (
    <span className="aside">
      {" · "}
      {words === undefined ? <Commit id={commit ?? ""} /> : <Foreign text={words} />}
    </span>
  );
}
