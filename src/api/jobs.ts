import { z } from "zod";
import { Target } from "#domain/app.ts";
import { jobKinds, jobStatuses } from "#domain/job.ts";
import { list, oneOf } from "./list.ts";
import { operation } from "./operation.ts";
import { pushRoutes } from "./push-routes.ts";
import { JobView } from "./views.ts";

const integer = z.coerce.number<number | string>().int();
const params = z.strictObject({ job: integer.positive().describe("Number of a job.") });

export const listJobs = list({
  id: "jobs.list",
  path: "/jobs",
  summary: "Lists the jobs of a branch, or of all, the newest first.",
  item: JobView,
  filters: {
    target: Target.optional().describe("Of an app with all its branches, or of one: app@branch."),
    kind: oneOf(z.enum(jobKinds)).describe("Only of these kinds."),
    status: oneOf(z.enum(jobStatuses)).describe("Only of these statuses."),
    actor: oneOf(z.string().min(1)).describe("Only by these actors."),
  },
  limit: 20,
  errors: ["app_not_found", "branch_not_found"],
  needs: "apps:read",
});

export const jobInfo = operation({
  id: "jobs.info",
  method: "GET",
  path: "/jobs/:job",
  summary: "Shows a job as a tree of steps: how it is doing, or how it ended and why.",
  params,
  result: JobView,
  errors: ["job_not_found"],
  needs: "app:read",
});

export const jobEvents = operation({
  id: "jobs.follow",
  ...pushRoutes.followJob,
  summary: "Streams a job's output and each change of its steps; the last event is the ended job.",
  params,
  query: z.strictObject({
    after: integer
      .nonnegative()
      .default(0)
      .describe("Byte of the output to go on from, which is the id of an event; 0 by default."),
  }),
  result: z.discriminatedUnion("type", [
    z.object({
      type: z.literal("output"),
      id: z.int().describe("Where to go on after this."),
      text: z.string(),
    }),
    z.object({ type: z.literal("job"), job: JobView }),
  ]),
  errors: ["job_not_found"],
  needs: "app:read",
});

export const abortJob = operation({
  id: "jobs.abort",
  method: "POST",
  path: "/jobs/:job/abort",
  summary: "Ends a job before its change is live; what was live before stays so.",
  params,
  result: JobView,
  errors: ["job_not_found", "job_ended", "abort_too_late"],
  needs: "app:operate",
});
