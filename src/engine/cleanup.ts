import type { App } from "#domain/app.ts";
import { targetOf, type Branch } from "#domain/branch.ts";
import type { Job } from "#domain/job.ts";
import { markDestroying, removeApp, removeBranch } from "./apps.ts";
import type { EngineContext } from "./context.ts";
import type { JobRun } from "./jobs.ts";
import type { Parts } from "./parts.ts";

/** Something that a configuration file made and no file names any more. */
type Doomed = { readonly app: App; readonly branch: Branch | null };

/** Removes what no file names any more; null when there is no such thing. */
export function cleanup(context: EngineContext, { queue }: Parts, actor: string): Job | null {
  if (doomedBy(context).length === 0) return null;
  return queue.add({ kind: "cleanup", actor, door: context.door, input: {} });
}

/** Looks again, since files may have changed while the job waited. */
export async function cleanUp(context: EngineContext, parts: Parts, run: JobRun): Promise<void> {
  for (const { app, branch } of doomedBy(context)) {
    const name = branch ? targetOf(branch) : app.name;
    const title = `Removing ${name}`;
    await run.step({ name: "remove", title, isHeading: true }, async () => {
      if (branch) await removeDoomedBranch(context, parts, branch);
      else {
        markDestroying(context, app);
        await removeApp(context, parts, { app, run });
      }
    });
    run.out.line(
      branch
        ? `${name} was removed: ${app.managedBy} names it no more.`
        : `${name} and everything of it were removed: no file names it.`,
    );
  }
}

function doomedBy({ store, hostConfig }: EngineContext): Doomed[] {
  const { apps } = hostConfig();
  return store.apps
    .list()
    .filter(({ managedBy }) => managedBy !== null)
    .flatMap((app): Doomed[] => {
      const configured = apps.get(app.name);
      if (!configured) return [{ app, branch: null }];
      return store.branches
        .of(app.id)
        .filter(({ name }) => !configured.branches.has(name))
        .map((branch) => ({ app, branch }));
    });
}

async function removeDoomedBranch(
  context: EngineContext,
  parts: Parts,
  branch: Branch,
): Promise<void> {
  await removeBranch(context, parts, branch);
  await parts.publisher.forget([branch], []);
  context.store.branches.remove(branch.id);
}
