import { listEvents } from "#api/events.ts";
import { listJobs } from "#api/jobs.ts";
import type { BranchView, JobView } from "#api/views.ts";
import { useList } from "../data/use-list.ts";
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
  const { target, current } = branch;
  const [traffic, times] = branchPlots;
  return (
    <>
      <div className="columns">
        {current && <CurrentRelease target={target} current={current} />}
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

type CurrentReleaseProps = {
  readonly target: string;
  readonly current: NonNullable<BranchView["current"]>;
};

function CurrentRelease({ target, current }: CurrentReleaseProps) {
  const jobs = useLastJobs(target);
  const next = jobs.data?.find((job) => isAbout(job, current.createdAt));
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
      {next && <JobList jobs={[next]} />}
    </Panel>
  );
}

/** Whether a job would have made another release current since, and did not do so, or not yet. */
function isAbout({ kind, status, createdAt }: JobView, since: string): boolean {
  const makesRelease = kind === "deploy" || kind === "rebuild" || kind === "release";
  return makesRelease && status !== "done" && Date.parse(createdAt) > Date.parse(since);
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
