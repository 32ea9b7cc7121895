import { listJobs } from "#api/jobs.ts";
import { listKeys } from "#api/keys.ts";
import type { AppStatusView, BranchView, JobView } from "#api/views.ts";
import { reachableRemote } from "../data/location.ts";
import { useList } from "../data/use-list.ts";
import { Commands } from "../parts/copy.tsx";
import { JobProgress } from "../parts/job-progress.tsx";
import { Panel } from "../parts/panel.tsx";
import { AddKey } from "./add-key.tsx";

/** The way to a first push: the very commands to type, and the push itself as it arrives. */
export function PushGuide({ app, branch }: { app: AppStatusView; branch: BranchView }) {
  const jobs = useList(listJobs, { query: { target: branch.target, limit: 1 } });
  const keys = useList(listKeys, {});
  const [job] = jobs.data ?? [];
  return (
    <div className="narrow">
      {keys.data?.length === 0 && (
        <Panel title="Let your key push">
          <AddKey />
        </Panel>
      )}
      <Panel title="Push your code">
        <p>In the directory of your code, on your computer:</p>
        <Commands lines={commandsFor(app, branch)} label="Commands for the first push" />
        <p className="aside">
          Berth finds out how to build it: a Procfile, a package.json or an index.html is enough.
        </p>
      </Panel>
      <Arrival job={job} />
    </div>
  );
}

function Arrival({ job }: { job: JobView | undefined }) {
  return (
    <Panel title="Your push">
      {job ? (
        <JobProgress job={job} />
      ) : (
        <p className="arrival" role="status">
          <span className="live-dot" aria-hidden="true" />
          Waiting for your push. This page shows it as it arrives.
        </p>
      )}
    </Panel>
  );
}

function commandsFor({ gitRemote }: AppStatusView, { name }: BranchView): string[] {
  return [`git remote add berth ${reachableRemote(gitRemote)}`, `git push berth HEAD:${name}`];
}
