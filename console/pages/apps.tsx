import { listApps } from "#api/apps.ts";
import type { AppStatusView, BranchView } from "#api/views.ts";
import { useAddressValue } from "../data/location.ts";
import type { BranchTrafficView } from "#api/metrics.ts";
import { useTraffic } from "../data/use-metrics.ts";
import { useList } from "../data/use-list.ts";
import { renderBytes, renderCount, renderNumberOf } from "../lib/format.ts";
import { Answer } from "../parts/answer.tsx";
import { Field } from "../parts/field.tsx";
import { Link, paths } from "../parts/link.tsx";
import { Empty } from "../parts/note.tsx";
import { PageHead } from "../parts/panel.tsx";
import { Sparkline } from "../parts/sparkline.tsx";
import { State, stateWords } from "../parts/state.tsx";
import { Ago, Commit, Foreign } from "../parts/text.tsx";
import { FirstRun } from "./first-run.tsx";

/** Every app at a glance. */
export function AppsPage() {
  const apps = useList(listApps, {});
  return (
    <Answer of={apps} rows={8}>
      {(answer) => (answer.length === 0 ? <FirstRun /> : <AppList apps={answer} />)}
    </Answer>
  );
}

function AppList({ apps }: { apps: readonly AppStatusView[] }) {
  const [filter, setFilter] = useAddressValue("find");
  const traffic = useTraffic();
  const shown = apps.filter(({ app }) => app.name.includes(filter.toLowerCase()));
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
              value={filter}
              onText={setFilter}
            />
            <Link to="/new" className="button primary">
              New app
            </Link>
          </>
        }
      >
        <p className="lead">{sumOf(apps)}</p>
      </PageHead>
      {shown.length === 0 ? (
        <Empty title="No app has this in its name." />
      ) : (
        <ul className="app-list">
          {shown.map((app) => (
            <AppRow key={app.app.name} app={app} traffic={traffic.get(app.app.name)} />
          ))}
        </ul>
      )}
    </>
  );
}

/** All apps in a line, so that trouble is seen before the list is read. */
function sumOf(apps: readonly AppStatusView[]): string {
  const branches = apps.flatMap((app) => app.branches);
  const numberOf = (state: BranchView["state"]) =>
    branches.filter((branch) => branch.state === state).length;
  const parts = (["running", "crashing", "stopped", "undeployed"] as const)
    .map((state) => [numberOf(state), stateWords(state)] as const)
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`);
  return `${renderNumberOf(apps.length, "app")}: ${parts.join(", ")}`;
}

type AppRowProps = {
  readonly app: AppStatusView;
  readonly traffic: BranchTrafficView | undefined;
};

function AppRow({ app: { app, branches }, traffic }: AppRowProps) {
  const main = branches.find(({ isDefault }) => isDefault);
  const others = branches.filter(({ isDefault }) => !isDefault);
  return (
    <li className="app-row">
      <div className="app-row-name">
        <Link to={paths.app(app.name)} className="app-name">
          {app.name}
        </Link>
        {main && <Address branch={main} />}
      </div>
      {main ? <BranchCells branch={main} /> : <State state="undeployed" />}
      <TrafficCell traffic={traffic} />
      {others.length > 0 && (
        <ul className="app-row-branches" aria-label={`Other branches of ${app.name}`}>
          {others.map((branch) => (
            <li key={branch.name}>
              <Link to={paths.app(branch.target)}>{branch.name}</Link>
              <State state={branch.state} />
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function BranchCells({ branch }: { branch: BranchView }) {
  return (
    <>
      <div className="app-row-state">
        <State state={branch.state} />
        {branch.wanted > 0 && (
          <span className="aside figure">
            {branch.healthy} of {branch.wanted} answer
          </span>
        )}
      </div>
      <ReleaseCell branch={branch} />
    </>
  );
}

function ReleaseCell({ branch: { current, name } }: { branch: BranchView }) {
  if (current === null) return <p className="aside">Waits for its first push to {name}</p>;
  return (
    <div className="app-row-release">
      <span className="release-number figure">v{current.number}</span>
      <span className="clip">
        <Foreign text={current.description} />
      </span>
      <span className="aside clip">
        <Commit id={current.commit} /> · <Ago at={current.createdAt} /> by{" "}
        <Foreign text={current.actor} />
      </span>
    </div>
  );
}

function TrafficCell({ traffic }: { traffic: BranchTrafficView | undefined }) {
  if (!traffic || (traffic.memoryBytes === 0 && !traffic.requests.some((it) => it > 0))) {
    return <div className="app-row-traffic" />;
  }
  const { requests, failures, memoryBytes } = traffic;
  const count = requests.reduce((sum, it) => sum + it, 0);
  return (
    <div className="app-row-traffic">
      <Sparkline
        requests={requests}
        failures={failures}
        label={`${renderNumberOf(count, "request")} in the last hour`}
      />
      <span className="aside figure">{renderCount(count)} requests</span>
      {memoryBytes > 0 && <span className="aside figure">{renderBytes(memoryBytes)}</span>}
    </div>
  );
}

function Address({ branch: { urls } }: { branch: BranchView }) {
  const [url] = urls;
  if (url === undefined) return null;
  return (
    <a className="aside clip" href={url} target="_blank" rel="noreferrer">
      {url.replace(/^https?:\/\//, "")}
    </a>
  );
}
