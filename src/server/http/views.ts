import type { z } from "zod";
import type { AppStatusView, ReleaseDetailView } from "#api/views.ts";
import { targetOf } from "#domain/branch.ts";
import type { Release } from "#domain/release.ts";
import type { AppStatus } from "#engine/engine.ts";
import type { Unwritten } from "./handle.ts";

export function appStatusView(status: AppStatus): Unwritten<AppStatusView> {
  return {
    ...status,
    branches: status.branches.map(({ branch, ...rest }) => ({
      ...rest,
      target: targetOf(branch),
      name: branch.name,
      isDefault: branch.isDefault,
    })),
  };
}

/** A release with the names of its config vars; their values stay here. */
export function releaseDetailView(release: Release): Unwritten<z.infer<typeof ReleaseDetailView>> {
  return { ...release, configVars: Object.keys(release.config.env).toSorted() };
}
