import type { BranchTrafficView } from "#api/metrics.ts";
import type { BranchView, JobView } from "#api/views.ts";
import { requestsOf, type ListedApp } from "../lib/app-list.ts";
import { renderBytes, renderCount, renderNumberOf } from "../lib/format.ts";
import { Link, paths } from "../parts/link.tsx";
import { Sparkline } from "../parts/sparkline.tsx";
import { State } from "../parts/state.tsx";
import { Ago, Commit, Foreign } from "../parts/text.tsx";

type AppRowProps = {
  readonly app: ListedApp;
  /** What would make another release current than the one that is. */
  readonly pending: JobView | null;
  readonly showTeam: boolean;
};

/** An app in a row: how it does, what serves, how busy it is. */
export function AppRow({ app, pending, showTeam }: AppRowProps) {
  const { name, team, main, others, traffic } = app;
  return (
    <li className="app-row">
      <div className="app-row-name">
        <p className="clip">
          <Link to={paths.app(name)} className="app-name">
            {name}
          </Link>
          {showTeam && <span className="aside"> of {team}</span>}
        </p>
        {main && <Address branch={main} />}
      </div>
      {main && <StateCell branch={main} pending={pending} />}
      {main && <ReleaseCell branch={main} />}
      <div className="app-row-traffic">
        {traffic && <Traffic traffic={traffic} count={requestsOf(app)} />}
      </div>
      {others.length > 0 && (
        <ul className="app-row-branches" aria-label={`Other branches of ${name}`}>
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

function StateCell({ branch, pending }: { branch: BranchView; pending: JobView | null }) {
  const { state, healthy, wanted } = branch;
  return (
    <div className="app-row-state">
      <State state={state} />
      {pending && (
        <Link to={paths.job(pending.id)} className="app-row-pending">
          {pending.status === "failed" ? "last deploy failed" : "deploying"}
        </Link>
      )}
      {!pending && wanted > 0 && (
        <span className="aside figure">
          {healthy} of {wanted} answer
        </span>
      )}
    </div>
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

function Traffic({ traffic, count }: { traffic: BranchTrafficView; count: number }) {
  const { requests, failures, memoryBytes } = traffic;
  if (memoryBytes === 0 && count === 0) return null;
  return (
    <>
      <Sparkline
        requests={requests}
        failures={failures}
        label={`${renderNumberOf(count, "request")} in the last hour`}
      />
      <span className="aside figure">{renderCount(count)} requests</span>
      {memoryBytes > 0 && <span className="aside figure">{renderBytes(memoryBytes)}</span>}
    </>
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
