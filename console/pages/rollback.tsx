import { diffRelease } from "#api/release-diff.ts";
import { rollback, type listReleases } from "#api/releases.ts";
import type { ResultOf } from "#api/operation.ts";
import { goTo } from "../data/location.ts";
import { useAction, useOperation } from "../data/use-operation.ts";
import { Answer } from "../parts/answer.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { paths } from "../parts/link.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { Ago, Commit, Foreign } from "../parts/text.tsx";
import { ReleaseChanges } from "./release-changes.tsx";

type RollbackDialogProps = {
  readonly target: string;
  readonly release: ResultOf<typeof listReleases>["items"][number];
  readonly onClose: () => void;
};

/** What going back to a release means, and the button that does it. */
export function RollbackDialog({ target, release, onClose }: RollbackDialogProps) {
  const diff = useOperation(diffRelease, { params: { target, release: release.number } });
  const rollingBack = useAction(rollback, (job) => goTo(paths.job(job.id)));
  return (
    <Dialog title={`Roll ${target} back to v${release.number}?`} onClose={onClose}>
      <p>
        <Foreign text={release.description} /> · <Commit id={release.commit} /> ·{" "}
        <Ago at={release.createdAt} />
      </p>
      <p className="aside">
        A new release is made with the code and the config vars of v{release.number}. What serves
        now serves on until it is healthy.
      </p>
      <div className="dialog-body">
        <Answer of={diff} rows={4}>
          {(answer) => <ReleaseChanges diff={answer} />}
        </Answer>
      </div>
      {rollingBack.error && <ErrorNote error={rollingBack.error} />}
      <div className="form-end">
        <button
          type="button"
          className="button primary"
          disabled={rollingBack.isPending}
          onClick={() =>
            rollingBack.mutate({ params: { target }, body: { release: release.number } })
          }
        >
          Roll back
        </button>
        <button type="button" className="button" onClick={onClose}>
          Keep what runs
        </button>
      </div>
    </Dialog>
  );
}
