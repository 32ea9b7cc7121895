import { listEvents } from "#api/events.ts";
import { listJobs } from "#api/jobs.ts";
import { useAddressValue } from "../data/location.ts";
import { usePages } from "../data/use-list.ts";
import { Answer } from "../parts/answer.tsx";
import { EventList } from "../parts/event-list.tsx";
import { JobList } from "../parts/job-list.tsx";
import { Link } from "../parts/link.tsx";
import { More } from "../parts/more.tsx";
import { PageHead } from "../parts/panel.tsx";

/** What is going on and what happened, of one app or of all. */
export function ActivityPage() {
  const [show] = useAddressValue("show");
  const [target, setTarget] = useAddressValue("target");
  const isEvents = show === "events";
  const ofTarget = target === "" ? "" : `target=${encodeURIComponent(target)}`;
  return (
    <>
      <PageHead title={target === "" ? "Activity" : `Activity of ${target}`} />
      <nav className="tabs" aria-label="Kinds of activity">
        <Link to={`/activity?${ofTarget}`} className="tab" isCurrent={!isEvents}>
          Jobs
        </Link>
        <Link to={`/activity?show=events&${ofTarget}`} className="tab" isCurrent={isEvents}>
          Events
        </Link>
        {target !== "" && (
          <button type="button" className="button small quiet" onClick={() => setTarget("")}>
            Show all apps
          </button>
        )}
      </nav>
      {isEvents ? <Events target={target} /> : <Jobs target={target} />}
    </>
  );
}

function Jobs({ target }: { target: string }) {
  const jobs = usePages(listJobs, { query: filterOf(target) }, 50);
  return (
    <Answer of={jobs} rows={8}>
      {(list) => (
        <div className="sheet">
          <JobList jobs={list} showTarget />
          <More of={jobs} />
        </div>
      )}
    </Answer>
  );
}

function Events({ target }: { target: string }) {
  const events = usePages(listEvents, { query: filterOf(target) }, 50);
  return (
    <Answer of={events} rows={8}>
      {(list) => (
        <div className="sheet">
          <EventList events={list} showTarget />
          <More of={events} />
        </div>
      )}
    </Answer>
  );
}

function filterOf(target: string): { target?: string } {
  return target === "" ? {} : { target };
}
