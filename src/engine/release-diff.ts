import { targetOf, type Branch } from "#domain/branch.ts";
import { configDifferences, type ReleaseDifference } from "#domain/code-changes.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Release } from "#domain/release.ts";
import type { Store } from "#domain/store.ts";
import type { EngineContext } from "./context.ts";
import { branchAt, currentRelease } from "./targets.ts";

/** The release of this number; the current one when it is null. */
export function releaseNumbered(
  store: Store,
  branch: Branch,
  releaseNumber: number | null,
): Release {
  if (releaseNumber === null) return currentRelease(store, branch);
  const release = store.releases.numbered(branch.id, releaseNumber);
  if (release) return release;
  throw new PlatformError("release_not_found", {
    target: targetOf(branch),
    release: releaseNumber,
  });
}

/** What a release would change if it took the place of another one. */
export async function diffReleases(
  { store, source }: EngineContext,
  asked: { readonly target: string; readonly from: number | null; readonly to: number },
): Promise<ReleaseDifference> {
  const branch = branchAt(store, asked.target);
  const [from, to] = [
    releaseNumbered(store, branch, asked.from),
    releaseNumbered(store, branch, asked.to),
  ];
  const code = await source.compare(branch.appId, from.commit, to.commit);
  return { from, to, code, config: configDifferences(from, to) };
}
