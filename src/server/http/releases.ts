import { diffRelease } from "#api/release-diff.ts";
import { listReleases, releaseInfo, rollback } from "#api/releases.ts";
import { handle, type Handler } from "./handle.ts";
import { releaseDetailView } from "./views.ts";

export const releaseHandlers: readonly Handler[] = [
  handle(listReleases, async ({ params }, engine) => {
    const { releases, currentId } = await engine.listReleases(params.target);
    return releases
      .toSorted((a, b) => b.number - a.number)
      .map((release) => ({ ...release, current: release.id === currentId }));
  }),
  handle(releaseInfo, async ({ params: { target, release } }, engine) => {
    const releaseNumber = release === "current" ? null : Number(release);
    return releaseDetailView(await engine.releaseInfo(target, releaseNumber));
  }),
  handle(diffRelease, async ({ params: { target, release }, query }, engine) => {
    const { from, to, code, config } = await engine.diffReleases(
      target,
      query.from ?? null,
      release,
    );
    return { from: from.number, to: to.number, code, config };
  }),
  handle(rollback, ({ params, body, actor }, engine) =>
    engine.rollback(params.target, body.release, actor),
  ),
];
