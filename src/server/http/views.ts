import type { z } from "zod";
import type { AppStatusView, ConfigVarView, ReleaseDetailView } from "#api/views.ts";
import { targetOf } from "#domain/branch.ts";
import type { ConfigVars } from "#domain/config-var.ts";
import type { Release } from "#domain/release.ts";
import type { AppStatus } from "#engine/engine.ts";
import type { Unwritten } from "./handle.ts";

export function appStatusView(status: AppStatus): Unwritten<AppStatusView> {
  return {
    ...status,
    branches: status.branches.map(({ branch, current, ...rest }) => ({
      ...rest,
      current: current && releaseView(current),
      target: targetOf(branch),
      name: branch.name,
      isDefault: branch.isDefault,
    })),
  };
}

/** Only what every view of a release has: a page of apps has one for each of them. */
export function releaseView(release: Release) {
  const { number, commit, description, actor, status, createdAt, healthyAt } = release;
  return { number, commit, description, actor, status, createdAt, healthyAt };
}

/** Config vars by name; of a secret only that there is one. */
export function configVarViews(vars: ConfigVars): ConfigVarView[] {
  return Object.entries(vars)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) =>
      typeof value === "string"
        ? { name, secret: false, value }
        : { name, secret: true, value: null },
    );
}

/** A release with the names of its config vars; their values stay here. */
export function releaseDetailView(release: Release): Unwritten<z.infer<typeof ReleaseDetailView>> {
  return { ...release, configVars: Object.keys(release.config.env).toSorted() };
}
