import { PlatformError } from "#domain/errors.ts";
import type { JobKind } from "#domain/job.ts";
import { removeApp } from "./apps.ts";
import type { Work } from "./build.ts";
import { cleanUp } from "./cleanup.ts";
import type { EngineContext } from "./context.ts";
import { deploy, releaseAgain } from "./deploy.ts";
import type { JobRun } from "./jobs.ts";
import { restart, startAgain, stop } from "./lifecycle.ts";
import { Semaphore } from "./locks.ts";
import type { Parts } from "./parts.ts";

type BranchJob = (work: Work) => Promise<void>;

/** What each kind of job does. The parts are asked for when a job runs, as the queue is one of them. */
export function createJobRunner(context: EngineContext, parts: () => Parts) {
  const buildSlot = new Semaphore(() => context.hostConfig().settings.buildsAtOnce);
  const ofBranch: Partial<Record<JobKind, BranchJob>> = {
    deploy: (work) => deploy(work, parts().loop, buildSlot),
    rebuild: (work) => deploy(work, parts().loop, buildSlot),
    release: (work) => releaseAgain(work, parts().loop),
    restart: (work) => restart(work, parts().loop),
    stop: (work) => stop(work, parts().loop),
    start: (work) => startAgain(work, parts().loop),
    run: (work) => parts().runs.carryOut(work),
  };
  return async (run: JobRun): Promise<void> => {
    const { job } = run;
    const mine: EngineContext = { ...context, door: job.door };
    if (job.kind === "cleanup") return cleanUp(mine, parts(), run);
    const gone = () => new PlatformError("app_not_found", { app: job.target });
    if (job.kind === "destroy") {
      const app = mine.store.apps.destroying().find(({ id }) => id === job.appId);
      // A berthd that was killed after its last step had removed all of it.
      return app ? removeApp(mine, parts(), { app, run }) : undefined;
    }
    const branch = job.branchId === null ? null : mine.store.branches.get(job.branchId);
    if (!branch) throw gone();
    await ofBranch[job.kind]?.({ ...run, context: mine, branch });
  };
}
