import { abortJob, jobInfo } from "#api/jobs.ts";
import type { JobView } from "#api/views.ts";
import { useJobOutput } from "../data/use-job-output.ts";
import { useAction, useOperation } from "../data/use-operation.ts";
import { Answer } from "../parts/answer.tsx";
import { deedOf } from "../parts/job-link.tsx";
import { Link, paths } from "../parts/link.tsx";
import { LogView } from "../parts/log-view.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { PageHead, Panel } from "../parts/panel.tsx";
import { JobState } from "../parts/state.tsx";
import { Steps } from "../parts/steps.tsx";
import { Ago, Commit, Foreign, Took } from "../parts/text.tsx";
import { useErrorNotice } from "../parts/use-error-notice.tsx";

/** One job: how far it is, what it prints, and why it failed. */
export function JobPage({ job }: { job: number }) {
  const info = useOperation(jobInfo, { params: { job } });
  return (
    <Answer of={info} rows={8} title={`Job #${job}`}>
      {(answer) => <Job job={answer} />}
    </Answer>
  );
}

function Job({ job }: { job: JobView }) {
  const output = useJobOutput(job.id);
  return (
    <>
      <PageHead
        title={`${deedOf(job)} #${job.id}`}
        aside={job.endedAt === null && <Abort job={job.id} />}
      >
        <JobFacts job={job} />
      </PageHead>
      {job.error && (
        <div className="job-error">
          <ErrorNote error={job.error} />
          {job.target !== "" && (
            <p className="aside">
              <Link to={paths.app(job.target, "logs")}>Logs of {job.target}</Link>
            </p>
          )}
        </div>
      )}
      <div className="job-columns">
        <Panel title="Steps">
          {job.steps.length === 0 ? (
            <p className="aside">{job.status === "waiting" ? "Waits for its turn." : "None."}</p>
          ) : (
            <Steps steps={job.steps} />
          )}
        </Panel>
        <Panel title="Output">
          <LogView buffer={output} label={`Output of job ${job.id}`} empty="Nothing printed yet." />
        </Panel>
      </div>
    </>
  );
}

function JobFacts({ job }: { job: JobView }) {
  const { target, status, startedAt, endedAt, createdAt, actor, input } = job;
  return (
    <p className="app-facts">
      <JobState status={status} />
      {target !== "" && <Link to={paths.app(target)}>{target}</Link>}
      {input.commit && <Commit id={input.commit} />}
      {startedAt && <Took from={startedAt} to={endedAt} />}
      <span className="aside">
        <Ago at={createdAt} /> by <Foreign text={actor} />
      </span>
    </p>
  );
}

function Abort({ job }: { job: number }) {
  const abort = useAction(abortJob);
  useErrorNotice(abort.error);
  return (
    <button
      type="button"
      className="button"
      disabled={abort.isPending}
      onClick={() => abort.mutate({ params: { job } })}
    >
      Abort
    </button>
  );
}
