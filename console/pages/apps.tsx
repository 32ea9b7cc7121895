import { useState } from "react";
import { listApps } from "#api/apps.ts";
import { listJobs } from "#api/jobs.ts";
import type { AppStatusView, JobView } from "#api/views.ts";
import { useAddressValue } from "../data/location.ts";
import { useList } from "../data/use-list.ts";
import { useTraffic } from "../data/use-metrics.ts";
import {
  appOrders,
  chooseApps,
  isAppOrder,
  listedApp,
  type AppOrder,
  type ListedApp,
} from "../lib/app-list.ts";
import { renderNumberOf } from "../lib/format.ts";
import { isPending, releasingKinds } from "../lib/pending-job.ts";
import { Answer } from "../parts/answer.tsx";
import { Choice, Field } from "../parts/field.tsx";
import { Link } from "../parts/link.tsx";
import { Empty } from "../parts/note.tsx";
import { PageHead } from "../parts/panel.tsx";
import { stateWords } from "../parts/state.tsx";
import { AppRow } from "./app-row.tsx";
import { FirstRun } from "./first-run.tsx";

/** Every app at a glance. */
export function AppsPage() {
  const apps = useList(listApps, {});
  return (
    <Answer of={apps} rows={8} title="Apps">
      {(answer) => (answer.length === 0 ? <FirstRun /> : <AppList apps={answer} />)}
    </Answer>
  );
}

function AppList({ apps }: { apps: readonly AppStatusView[] }) {
  const [find, setFind] = useAddressValue("find");
  const traffic = useTraffic();
  const listed = apps.map((app) => listedApp(app, traffic));
  return (
    <>
      <PageHead
        title="Apps"
        aside={
          <>
            <Field
              label="Find an app"
              type="search"
              placeholder="Find an app"
              value={find}
              onText={setFind}
            />
            <Link to="/new" className="button primary">
              New app
            </Link>
          </>
        }
      >
        <p className="lead">{sumOf(apps)}</p>
      </PageHead>
      {apps.length > 1 && <Choices apps={listed} />}
      <Chosen apps={listed} />
    </>
  );
}

const states = ["running", "starting", "crashing", "held", "stopped", "undeployed"] as const;

/** All apps in a line, so that trouble is seen before the list is read. */
function sumOf(apps: readonly AppStatusView[]): string {
  const branches = apps.flatMap((app) => app.branches);
  const parts = states
    .map(
      (state) => [branches.filter((it) => it.state === state).length, stateWords(state)] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`);
  const known = branches.length > apps.length ? ` with ${branches.length} branches` : "";
  return `${renderNumberOf(apps.length, "app")}${known}: ${parts.join(", ")}`;
}

/** What the address says of which apps are shown, and in which order. */
function useChoice() {
  const [state, setState] = useAddressValue("state");
  const [team, setTeam] = useAddressValue("team");
  const [chosen, setOrder] = useAddressValue("order");
  const order: AppOrder = isAppOrder(chosen) ? chosen : "name";
  return { state, setState, team, setTeam, order, setOrder };
}

function Choices({ apps }: { apps: readonly ListedApp[] }) {
  const { state, setState, team, setTeam, order, setOrder } = useChoice();
  const teams = [...new Set(apps.map((app) => app.team))].toSorted();
  return (
    <div className="filters filters-start">
      <Choice
        label="State"
        value={state}
        choices={[["", "any"], ...states.map((it) => [it, stateWords(it)] as const)]}
        onChoose={setState}
      />
      {teams.length > 1 && (
        <Choice
          label="Team"
          value={team}
          choices={[["", "any"], ...teams.map((it) => [it, it] as const)]}
          onChoose={setTeam}
        />
      )}
      <Choice
        label="Order"
        value={order}
        choices={Object.entries(appOrders).map(([it, { name }]) => [it, name])}
        onChoose={(next) => setOrder(next === "name" ? "" : next)}
      />
    </div>
  );
}

const shownFirst = 200;

function Chosen({ apps }: { apps: readonly ListedApp[] }) {
  const [find] = useAddressValue("find");
  const { state, team, order } = useChoice();
  const [shownMax, setShownMax] = useState(shownFirst);
  const pendingOf = usePendingJobs();
  const chosen = chooseApps(apps, { find, state, team }, order);
  if (chosen.length === 0) return <Empty title="No app is like this." />;
  const isOfMany = apps.some((app) => app.team !== apps[0]?.team);
  return (
    <>
      <ul className="app-list">
        {chosen.slice(0, shownMax).map((app) => (
          <AppRow key={app.name} app={app} pending={pendingOf(app)} showTeam={isOfMany} />
        ))}
      </ul>
      {chosen.length > shownMax && (
        <div className="more">
          <button type="button" className="button" onClick={() => setShownMax(Infinity)}>
            Show all {chosen.length}
          </button>
        </div>
      )}
    </>
  );
}

/** The job, if any, that makes another release of an app current, or could not. */
function usePendingJobs(): (app: ListedApp) => JobView | null {
  const query = { kind: releasingKinds.join(), status: "waiting,running,failed", limit: 200 };
  const { data: jobs = [] } = useList(listJobs, { query });
  const newest = new Map(jobs.toReversed().map((job) => [job.target, job]));
  return ({ name, main }) => {
    const job = newest.get(name);
    return job && main && isPending(job, main) ? job : null;
  };
}
