import { listEvents } from "#api/events.ts";
import { listJobs } from "#api/jobs.ts";
import type { BranchView } from "#api/views.ts";
import { useList } from "../data/use-list.ts";
import { isPending } from "../lib/pending-job.ts";
import { branchPlots } from "../lib/branch-plots.ts";
import { Answer } from "../parts/answer.tsx";
import { EventList } from "../parts/event-list.tsx";
import { JobList } from "../parts/job-list.tsx";
import { Link, paths } from "../parts/link.tsx";
import { Panel } from "../parts/panel.tsx";
import { Ago, Commit, Foreign } from "../parts/text.tsx";
import { AppFrame } from "./app-frame.tsx";
import { BranchMetrics } from "./app-metrics.tsx";
import { Formation } from "./formation.tsx";
import { Instances } from "./instances.tsx";
import { PushGuide } from "./push-guide.tsx";

export function AppOverviewPage({ target }: { target: string }) {
  return (
    <AppFrame target={target}>
      {(branch, app) =>
        branch.current === null ? (
          <PushGuide app={app} branch={branch} />
        ) : (
          <Overview branch={branch} />
        )
      }
    </AppFrame>
  );
}

function Overview({ branch }: { branch: BranchView }) {
  const { target } = branch;
  const [traffic, times] = branchPlots;
  return (
    <>
      <div className="columns">
        <CurrentRelease branch={branch} />
        <Panel title="Processes">
          <Formation target={target} />
        </Panel>
        <Panel title="Instances" className="wide">
          <Instances target={target} />
        </Panel>
      </div>
      {traffic && times && <BranchMetrics target={target} span="1h" plots={[traffic, times]} />}
      <div className="columns">
        <LastJobs target={target} />
        <LastEvents target={target} />
      </div>
    </>
  );
}

function CurrentRelease({ branch }: { branch: BranchView }) {
  const { current, target } = branch;
  const jobs = useLastJobs(target);
  if (!current) return null;
  const pending = jobs.data?.find((job) => isPending(job, branch));
  return (
    <Panel title="Release" aside={<Link to={paths.app(target, "releases")}>All releases</Link>}>
      <p className="current-release">
        <span className="release-number figure">v{current.number}</span>
        <span>
          <Foreign text={current.description} />
        </span>
      </p>
      <p className="aside">
        <Commit id={current.commit} /> · live since{" "}
        <Ago at={current.healthyAt ?? current.createdAt} /> · by <Foreign text={current.actor} />
      </p>
      {pending && <JobList jobs={[pending]} />}
    </Panel>
  );
}

function useLastJobs(target: string) {
  return useList(listJobs, { query: { target, limit: 6 } });
}

function LastJobs({ target }: { target: string }) {
  const jobs = useLastJobs(target);
  return (
    <Panel title="Last jobs" aside={<Link to={`/activity?target=${target}`}>All jobs</Link>}>
      <Answer of={jobs}>{(list) => <JobList jobs={list} />}</Answer>
    </Panel>
  );
}

function LastEvents({ target }: { target: string }) {
  const events = useList(listEvents, { query: { target, limit: 8 } });
  return (
    <Panel
      title="What happened"
      aside={<Link to={`/activity?show=events&target=${target}`}>All events</Link>}
    >
      <Answer of={events}>{(list) => <EventList events={list} />}</Answer>
    </Panel>
  );
}
