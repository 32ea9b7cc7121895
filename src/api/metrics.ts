import { z } from "zod";
import { Target } from "#domain/app.ts";
import { metricNames } from "#domain/metrics.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { Timestamp } from "./views.ts";

const MetricsView = z.object({
  from: Timestamp.describe("Beginning of the first value's span."),
  stepS: z.number().describe("Seconds that each value stands for."),
  series: z.array(
    z.object({
      name: z.enum(metricNames),
      unit: z.enum(["1/s", "bytes/s", "bytes", "ms", "cores", "count"]),
      processType: z.string().nullable(),
      instance: z.string().nullable().describe("Such as web.1."),
      values: z.array(z.number().nullable()).describe("Null where nothing is known."),
    }),
  ),
});
export type MetricsView = z.infer<typeof MetricsView>;

const range = {
  names: z
    .string()
    .max(400)
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(metricNames)))
    .optional()
    .describe("Which ones, separated by commas; all by default."),
  from: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("The beginning; an hour before the end by default."),
  to: z.iso.datetime({ offset: true }).optional().describe("The end; now by default."),
  step: z.coerce
    .number<number | string>()
    .positive()
    .max(86_400)
    .optional()
    .describe("Seconds for each value; at least as many are taken as are kept for that time."),
};

export const readBranchMetrics = operation({
  id: "metrics.read",
  method: "GET",
  path: "/apps/:target/metrics",
  summary: "Reads what was measured of a branch: its requests, instances and deploys.",
  params: z.strictObject({ target: Target }),
  query: z.strictObject({
    ...range,
    process: z.string().max(80).optional().describe("Only of web, or of web.1."),
  }),
  result: MetricsView,
  errors: ["app_not_found", "branch_not_found"],
  needs: "app:read",
});

export const readHostMetrics = operation({
  id: "metrics.host",
  method: "GET",
  path: "/metrics/host",
  summary: "Reads what was measured of the host: processor, memory, disk and load.",
  query: z.strictObject(range),
  result: MetricsView,
  errors: [],
  needs: "installation:read",
});

const BranchTrafficView = z.object({
  target: z.string(),
  from: Timestamp,
  stepS: z.number(),
  requests: z.array(z.number()).describe("Requests in each step of the last hour."),
  failures: z.array(z.number()).describe("Of those, the ones answered with a status of 5xx."),
  cpuCores: z.number().describe("Used at the moment by all instances."),
  memoryBytes: z.number(),
});
export type BranchTrafficView = z.infer<typeof BranchTrafficView>;

export const metricsOverview = list({
  id: "metrics.overview",
  path: "/metrics/overview",
  summary: "Shows the last hour of every branch in few numbers.",
  item: BranchTrafficView,
  errors: [],
  needs: "apps:read",
});
