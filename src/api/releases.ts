import { z } from "zod";
import { Target } from "#domain/app.ts";
import { list, oneOf } from "./list.ts";
import { operation } from "./operation.ts";
import { JobView, ListedReleaseView, ReleaseDetailView, releaseStatuses } from "./views.ts";

const params = z.strictObject({ target: Target });

export const listReleases = list({
  id: "releases.list",
  path: "/apps/:target/releases",
  summary: "Lists the releases of a branch, the newest first.",
  params,
  item: ListedReleaseView,
  filters: { status: oneOf(z.enum(releaseStatuses)).describe("Only of these statuses.") },
  errors: ["app_not_found", "branch_not_found"],
  needs: "app:read",
});

export const releaseInfo = operation({
  id: "releases.info",
  method: "GET",
  path: "/apps/:target/releases/:release",
  summary: "Shows what a release consists of; config vars by name only.",
  params: params.extend({
    release: z
      .string()
      .regex(/^(?:current|[1-9]\d{0,8})$/, "use a release's number, or current")
      .describe("Number of the release, or current."),
  }),
  result: ReleaseDetailView,
  errors: ["app_not_found", "branch_not_found", "release_not_found", "never_deployed"],
  needs: "app:read",
});

export const rollback = operation({
  id: "releases.rollback",
  method: "POST",
  path: "/apps/:target/rollback",
  summary: "Makes a new release with the code and the configuration of an older one.",
  params,
  body: z.strictObject({
    release: z
      .int()
      .positive()
      .nullable()
      .default(null)
      .describe("Number to go back to; by default the newest older one that ran healthy."),
  }),
  result: JobView,
  errors: ["app_not_found", "release_not_found", "no_rollback_target", "artifact_pruned"],
  needs: "app:release",
});
