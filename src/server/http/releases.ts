import { diffRelease } from "#api/release-diff.ts";
import { listReleases, releaseInfo, rollback } from "#api/releases.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { cutOff, idOf } from "./page.ts";
import { releaseDetailView, releaseView } from "./views.ts";

export const releaseHandlers: readonly Handler[] = [
  handleList(listReleases, async ({ params, query: { after, limit, status } }, engine) => {
    const asked = { before: idOf(after), limit: limit + 1, statuses: status };
    const { releases, currentId } = await engine.listReleases(params.target, asked);
    const views = releases.map((it) => ({ ...releaseView(it), current: it.id === currentId }));
    return cutOff(views, limit, ({ number }) => String(number));
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
