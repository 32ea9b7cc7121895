import { jobInfo } from "#api/jobs.ts";
import type { JobView } from "#api/views.ts";
import { useJobOutput } from "../data/use-job-output.ts";
import { useOperation } from "../data/use-operation.ts";
import { Answer } from "../parts/answer.tsx";
import { Link, paths } from "../parts/link.tsx";
import { LogView } from "../parts/log-view.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { PageHead, Panel } from "../parts/panel.tsx";
import { JobState } from "../parts/state.tsx";
import { Ago, Foreign, Took } from "../parts/text.tsx";

/** One job: how far it is, what it prints, and why it failed. */
export function JobPage({ job }: { job: number }) {
  const info = useOperation(jobInfo, { params: { job } });
  return (
    <Answer of={info} rows={8}>
      {(answer) => <Job job={answer} />}
    </Answer>
  );
}

function Job({ job }: { job: JobView }) {
  const output = useJobOutput(job.id);
  return (
    <>
      <PageHead title={`${job.kind} #${job.id}`}>
        <p className="app-facts">
          <JobState status={job.status} />
          <Link to={paths.app(job.target)}>{job.target}</Link>
          {job.startedAt && <Took from={job.startedAt} to={job.endedAt} />}
          <span className="aside">
            <Ago at={job.createdAt} /> by <Foreign text={job.actor} />
          </span>
        </p>
      </PageHead>
      {job.error && <ErrorNote error={job.error} />}
      <Panel title="Output">
        <LogView buffer={output} label={`Output of job ${job.id}`} empty="Nothing printed yet." />
      </Panel>
    </>
  );
}
