import { useState } from "react";
import { listReleases } from "#api/releases.ts";
import type { ResultOf } from "#api/operation.ts";
import { usePages } from "../data/use-list.ts";
import { useMay } from "../data/session.ts";
import { Answer } from "../parts/answer.tsx";
import { More } from "../parts/more.tsx";
import { Empty } from "../parts/note.tsx";
import { Badge, State } from "../parts/state.tsx";
import { Ago, Commit, Foreign } from "../parts/text.tsx";
import { AppFrame } from "./app-frame.tsx";
import { RollbackDialog } from "./rollback.tsx";

type Release = ResultOf<typeof listReleases>["items"][number];

export function AppReleasesPage({ target }: { target: string }) {
  return <AppFrame target={target}>{() => <Releases target={target} />}</AppFrame>;
}

function Releases({ target }: { target: string }) {
  const releases = usePages(listReleases, { params: { target } }, 50);
  const mayRelease = useMay("release", target);
  const [chosen, setChosen] = useState<Release | null>(null);
  return (
    <>
      <Answer of={releases} rows={8}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No release yet. The first push makes one." />
          ) : (
            <div className="sheet">
              <ul className="rows">
                {list.map((release) => (
                  <ReleaseRow
                    key={release.number}
                    release={release}
                    mayRelease={mayRelease}
                    onRollback={setChosen}
                  />
                ))}
              </ul>
              <More of={releases} />
            </div>
          )
        }
      </Answer>
      {chosen && (
        <RollbackDialog target={target} release={chosen} onClose={() => setChosen(null)} />
      )}
    </>
  );
}

type RowProps = {
  readonly release: Release;
  readonly mayRelease: boolean;
  readonly onRollback: (release: Release) => void;
};

function ReleaseRow({ release, mayRelease, onRollback }: RowProps) {
  const { number, description, commit, actor, createdAt, current, status } = release;
  return (
    <li className="row release">
      <span className="release-number figure">v{number}</span>
      <div className="row-main">
        <p className="clip">
          <Foreign text={description} />
        </p>
        <p className="aside clip">
          <Commit id={commit} /> · <Ago at={createdAt} /> by <Foreign text={actor} />
        </p>
      </div>
      {current ? <Badge tone="good">current</Badge> : <State state={status} />}
      {current || status !== "healthy" || !mayRelease ? (
        <span className="row-button" />
      ) : (
        <button
          type="button"
          className="button small row-button"
          onClick={() => onRollback(release)}
        >
          Roll back<span className="unseen"> to release {number}</span>
        </button>
      )}
    </li>
  );
}
