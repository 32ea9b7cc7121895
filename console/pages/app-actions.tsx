import { restart, startBranch, stopBranch } from "#api/instances.ts";
import type { BranchView, JobView } from "#api/views.ts";
import { useMay } from "../data/session.ts";
import { useAction } from "../data/use-operation.ts";
import { JobNotice } from "../parts/job-link.tsx";
import { notify } from "../parts/notices.tsx";
import { useErrorNotice } from "../parts/use-error-notice.tsx";

/** What can be done to a branch as a whole, from every page of it. */
export function AppActions({ branch: { target, state } }: { branch: BranchView }) {
  const told = (words: string) => (job: JobView) =>
    notify(<JobNotice words={`${words} ${target}`} job={job} />);
  const restarting = useAction(restart, told("Restarting"));
  const stopping = useAction(stopBranch, told("Stopping"));
  const starting = useAction(startBranch, told("Starting"));
  useErrorNotice(restarting.error ?? stopping.error ?? starting.error);
  const mayOperate = useMay("operate", target);
  if (state === "undeployed" || !mayOperate) return null;
  const params = { target };
  if (state === "stopped") {
    return (
      <button
        type="button"
        className="button primary"
        disabled={starting.isPending}
        onClick={() => starting.mutate({ params })}
      >
        Start
      </button>
    );
  }
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={restarting.isPending}
        onClick={() => restarting.mutate({ params, body: {} })}
      >
        Restart
      </button>
      <button
        type="button"
        className="button"
        disabled={stopping.isPending}
        onClick={() => stopping.mutate({ params })}
      >
        Stop
      </button>
    </>
  );
}
