import {
  metricsOverview,
  readBranchMetrics,
  readHostMetrics,
  type MetricsView,
} from "#api/metrics.ts";
import { PlatformError } from "#domain/errors.ts";
import { metricNames, type MetricName } from "#domain/metrics.ts";
import { action, type Context } from "./command.ts";
import { listCommand } from "./list-command.ts";
import { sinceOf } from "./moment.ts";
import type { Output } from "./output.ts";
import { renderPlot } from "./plot.ts";
import { bytes, quantity } from "./quantity.ts";

const plotWidth = 40;
/** What is shown without --all; the rest says the same in other numbers. */
const usual: ReadonlySet<MetricName> = new Set([
  "requests",
  "responses_4xx",
  "responses_5xx",
  "latency_p50",
  "latency_p99",
  "cpu",
  "memory",
  "restarts",
  "deploys",
  "host_cpu",
  "host_memory",
  "host_disk",
  "host_load",
]);

export const metricsCommands = [
  action({
    usage: "metrics [app]",
    target: "argument",
    summary: readBranchMetrics.summary,
    options: [
      { flags: "--since <time>", describe: "how far back: 30m, 6h, 7d (1h)" },
      { flags: "-p, --process <name>", describe: "only of a process type or an instance: web.1" },
      { flags: "--names <names>", describe: "which metrics, separated by commas" },
      { flags: "--step <seconds>", describe: "seconds for each value" },
      { flags: "--all", describe: "every metric" },
    ],
    example: "metrics -a shop --since 6h",
    run: showMetrics,
  }),
  action({
    usage: "metrics:host",
    summary: readHostMetrics.summary,
    options: [{ flags: "--since <time>", describe: "how far back: 30m, 6h, 7d (1h)" }],
    example: "metrics:host --since 1d",
    run: async (context) => {
      const query = { from: beginOf(context) };
      const metrics = await context.client(readHostMetrics, { query }, context.signal);
      printMetrics(metrics, context.out, () => true);
    },
  }),
  listCommand({
    usage: "metrics:overview",
    example: "metrics:overview",
    operation: metricsOverview,
    input: () => ({}),
    print: (branches, { out }) =>
      out.table(
        ["APP", "REQUESTS/H", "FAILED", "CPU", "MEMORY", "LAST HOUR"],
        branches.map((it) => [
          it.target,
          String(sum(it.requests)),
          String(sum(it.failures)),
          it.cpuCores.toFixed(2),
          bytes(it.memoryBytes),
          renderPlot(it.requests, plotWidth),
        ]),
        "There are no apps yet. Make one with berth apps:create",
      ),
  }),
];

async function showMetrics(context: Context): Promise<void> {
  const { client, target, options, out, signal } = context;
  const { process, names, step, all } = options;
  const query = {
    from: beginOf(context),
    ...(typeof process === "string" ? { process } : {}),
    ...(typeof names === "string" ? { names: checkNames(names) } : {}),
    ...(typeof step === "string" ? { step } : {}),
  };
  const metrics = await client(readBranchMetrics, { params: { target }, query }, signal);
  const showsAll = all === true || typeof names === "string";
  printMetrics(metrics, out, (name) => showsAll || usual.has(name));
}

function printMetrics(
  metrics: MetricsView,
  out: Output,
  isShown: (name: MetricName) => boolean,
): void {
  if (out.json) return out.value(metrics);
  const shown = metrics.series.filter(({ name }) => isShown(name));
  out.table(
    ["METRIC", "OF", "NOW", "HIGHEST", "COURSE"],
    shown.map(({ name, unit, processType, instance, values }) => {
      const known = values.filter((it) => it !== null);
      const highest = known.length === 0 ? null : Math.max(...known);
      return [
        name,
        instance ?? processType ?? "-",
        quantity(known.at(-1) ?? null, unit),
        quantity(highest, unit),
        renderPlot(values, plotWidth),
      ];
    }),
    "Nothing was measured in that time. The first values come ten seconds after a deploy.",
  );
}

function beginOf({ options }: Context): string {
  return sinceOf(typeof options["since"] === "string" ? options["since"] : "1h");
}

function checkNames(text: string): string {
  const unknown = text.split(",").find((name) => !metricNames.some((it) => it === name));
  if (unknown === undefined) return text;
  const problem = `there is no metric ${unknown}; there are ${metricNames.join(", ")}`;
  throw new PlatformError("invalid_input", { field: "--names", problem });
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
