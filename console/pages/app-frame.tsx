import { useEffect, useRef, type ReactNode, type RefObject } from "react";
import { appInfo } from "#api/apps.ts";
import type { AppStatusView, BranchView } from "#api/views.ts";
import { useAddress } from "../data/location.ts";
import { useOperation } from "../data/use-operation.ts";
import { Answer } from "../parts/answer.tsx";
import { Link, paths } from "../parts/link.tsx";
import { Empty } from "../parts/note.tsx";
import { PageHead } from "../parts/panel.tsx";
import { State } from "../parts/state.tsx";
import { AppActions } from "./app-actions.tsx";
import { useAppTabs } from "./app-tabs.ts";

type AppFrameProps = {
  readonly target: string;
  readonly children: (branch: BranchView, app: AppStatusView) => ReactNode;
};

/** What stands above every page of an app: how it is doing, its branches, its pages. */
export function AppFrame({ target, children }: AppFrameProps) {
  const [name = target, branchName] = target.split("@", 2);
  const info = useOperation(appInfo, { params: { app: name } });
  return (
    <Answer of={info} rows={8} title={target}>
      {(app) => {
        const branch = app.branches.find((it) =>
          branchName === undefined ? it.isDefault : it.name === branchName,
        );
        if (!branch) return <NoBranch app={app} name={branchName ?? ""} />;
        return (
          <>
            <AppHead app={app} branch={branch} />
            {children(branch, app)}
          </>
        );
      }}
    </Answer>
  );
}

function AppHead({ app, branch }: { app: AppStatusView; branch: BranchView }) {
  return (
    <>
      <PageHead title={branch.target} aside={<AppActions branch={branch} />}>
        <p className="app-facts">
          <State state={branch.state} />
          {branch.urls.slice(0, 2).map((url) => (
            <a key={url} href={url} target="_blank" rel="noreferrer">
              {url.replace(/^https?:\/\//, "")}
            </a>
          ))}
        </p>
      </PageHead>
      {app.branches.length > 1 && <Branches app={app} current={branch} />}
      <Tabs target={branch.target} />
    </>
  );
}

function Branches({ app, current }: { app: AppStatusView; current: BranchView }) {
  const shown = useCurrentInSight();
  return (
    <nav className="branches" aria-label="Branches" ref={shown}>
      {app.branches.map((branch) => (
        <Link
          key={branch.name}
          to={paths.app(branch.target)}
          className="branch"
          isCurrent={branch.name === current.name}
        >
          <bdi className="clip">{branch.name}</bdi>
          <State state={branch.state} />
        </Link>
      ))}
    </nav>
  );
}

function Tabs({ target }: { target: string }) {
  const { path } = useAddress();
  const tabs = useAppTabs(target);
  const shown = useCurrentInSight();
  return (
    <nav className="tabs" aria-label="Pages of the app" ref={shown}>
      {tabs.map(([tab, name]) => (
        <Link
          key={tab}
          to={paths.app(target, tab)}
          className="tab"
          isCurrent={path === paths.app(target, tab)}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

/** On a narrow screen a row of links scrolls; the one that is open is in sight. */
function useCurrentInSight(): RefObject<HTMLElement | null> {
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    const current = row.current?.querySelector<HTMLElement>("[aria-current]");
    if (current) row.current?.scrollTo({ left: current.offsetLeft - 96 });
  }, []);
  return row;
}

function NoBranch({ app, name }: { app: AppStatusView; name: string }) {
  return (
    <>
      <PageHead title={app.app.name} />
      <Empty title={`${app.app.name} has no branch ${name}.`}>
        <p>
          Its branches are{" "}
          {app.branches.map((branch) => (
            <Link key={branch.name} to={paths.app(branch.target)}>
              {branch.name}
            </Link>
          ))}
        </p>
      </Empty>
    </>
  );
}
