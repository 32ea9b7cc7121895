import { z } from "zod";
import { Target } from "#domain/app.ts";
import { operation } from "./operation.ts";
import { Timestamp } from "./views.ts";

const CommitView = z.object({
  id: z.string(),
  subject: z.string(),
  author: z.string(),
  at: Timestamp,
});

const CodeChangesView = z.object({
  arriving: z.array(CommitView).describe("Commits that the release has and the other one lacks."),
  leaving: z.array(CommitView).describe("Commits that the other one has and the release lacks."),
  files: z.array(
    z.object({
      path: z.string(),
      added: z.int().nullable().describe("Lines; null for a file that has none."),
      removed: z.int().nullable(),
    }),
  ),
  isCut: z.boolean().describe("There is more than is listed."),
});

const ConfigDifferenceView = z.object({
  of: z.enum(["config var", "process type"]),
  name: z.string(),
  change: z.enum(["added", "removed", "changed"]),
  secret: z.boolean().describe("Its values are not shown."),
  before: z.string().nullable(),
  after: z.string().nullable(),
});

export const ReleaseDiffView = z.object({
  from: z.int().describe("Number of the release that is compared with."),
  to: z.int().describe("Number of the release."),
  code: CodeChangesView.nullable().describe("Null when the code of one is not kept any more."),
  config: z.array(ConfigDifferenceView),
});
export type ReleaseDiffView = z.infer<typeof ReleaseDiffView>;

export const diffRelease = operation({
  id: "releases.diff",
  method: "GET",
  path: "/apps/:target/releases/:release/diff",
  summary: "Shows what a release changes in code and configuration, compared with the current one.",
  params: z.strictObject({
    target: Target,
    release: z.coerce.number<number | string>().int().positive().describe("Number of the release."),
  }),
  query: z.strictObject({
    from: z.coerce
      .number<number | string>()
      .int()
      .positive()
      .optional()
      .describe("Number of the release to compare with; the current one by default."),
  }),
  result: ReleaseDiffView,
  errors: ["app_not_found", "branch_not_found", "release_not_found", "never_deployed"],
  needs: "app:configure",
});
