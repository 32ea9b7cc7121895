import { z } from "zod";
import { Target } from "#domain/app.ts";
import { operation } from "./operation.ts";
import { pushRoutes } from "./push-routes.ts";
import { JobView } from "./views.ts";

const integer = z.coerce.number<number | string>().int();
const params = z.strictObject({ job: integer.positive().describe("Number of a job.") });

export const listJobs = operation({
  id: "jobs.list",
  method: "GET",
  path: "/jobs",
  summary: "Lists the jobs of a branch, or of all, the newest first.",
  query: z.strictObject({
    target: Target.optional(),
    limit: integer.min(1).max(1000).default(20),
  }),
  result: z.array(JobView),
  errors: ["app_not_found", "branch_not_found"],
  needs: "apps:read",
});

export const jobInfo = operation({
  id: "jobs.info",
  method: "GET",
  path: "/jobs/:job",
  summary: "Shows how a job is doing, or how it ended.",
  params,
  result: JobView,
  errors: ["job_not_found"],
  needs: "app:read",
});

export const followJobOutput = operation({
  id: "jobs.follow",
  ...pushRoutes.followJob,
  summary: "Reads a job's output as it comes; the last line is the ended job.",
  params,
  query: z.strictObject({
    offset: integer.nonnegative().default(0).describe("Byte to begin at; 0 by default."),
  }),
  result: z.union([
    z.object({ offset: z.int().describe("Where to go on after this."), text: z.string() }),
    z.object({ job: JobView }),
  ]),
  errors: ["job_not_found"],
  needs: "app:read",
});
