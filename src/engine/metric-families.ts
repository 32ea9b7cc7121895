import { targetOf, type Branch } from "#domain/branch.ts";
import {
  deployFields,
  instanceFields,
  latencyBoundsMs,
  requestCount,
  requestFields,
  type Point,
  type SeriesKind,
} from "#domain/metrics.ts";
import type { EngineContext } from "./context.ts";
import type { MetricFamily, MetricSample } from "./engine.ts";
import { nameOf } from "./health.ts";
import type { Meter } from "./meter.ts";

type Labels = MetricSample["labels"];
type Counted = { readonly labels: Labels; readonly point: Point };

/**
 * Everything that is measured, as counters since berthd started and levels of now.
 * @see https://prometheus.io/docs/practices/naming/
 */
export function metricFamilies(context: EngineContext, meter: Meter): MetricFamily[] {
  const branches = new Map(context.store.branches.list().map((it) => [it.id, it]));
  return [
    ...requestFamilies(counted(meter, branches, "requests")),
    ...instanceFamilies(context, meter, branches),
    ...deployFamilies(counted(meter, branches, "deploys")),
    ...machineFamilies(meter),
    {
      name: "berth_request_log_skipped_bytes_total",
      type: "counter",
      help: "Bytes of the router's log that were passed over, with the requests in them.",
      samples: [{ labels: {}, value: meter.skippedBytes }],
    },
  ];
}

function counted(meter: Meter, branches: ReadonlyMap<number, Branch>, kind: SeriesKind): Counted[] {
  return [...meter.totals.values()].flatMap(({ series, point }) => {
    const branch = branches.get(series.branchId ?? -1);
    if (series.kind !== kind || !branch) return [];
    return [{ labels: labelsOf(branch, kind, series.name), point }];
  });
}

function labelsOf(branch: Branch, kind: SeriesKind, name: string): Labels {
  const labels = { app: branch.appName, branch: branch.name, target: targetOf(branch) };
  if (kind === "requests") return { ...labels, process_type: name };
  return kind === "instance" ? { ...labels, instance: name } : labels;
}

function requestFamilies(all: readonly Counted[]): MetricFamily[] {
  const { firstClass, bytes, durationMs } = requestFields;
  const classes = [1, 2, 3, 4, 5] as const;
  return [
    {
      name: "berth_requests_total",
      type: "counter",
      help: "Requests answered, by the class of their status.",
      samples: all.flatMap(({ labels, point }) =>
        classes.map((it) => ({
          labels: { ...labels, status: `${it}xx` },
          value: point[firstClass + it - 1] ?? 0,
        })),
      ),
    },
    {
      name: "berth_request_duration_seconds",
      type: "histogram",
      help: "Time from a request's first byte to its answer's last.",
      samples: all.flatMap(({ labels, point }) => [
        ...bucketSamples(labels, point),
        { suffix: "_sum", labels, value: (point[durationMs] ?? 0) / 1000 },
        { suffix: "_count", labels, value: requestCount(point) },
      ]),
    },
    family("berth_response_bytes_total", "Bytes sent to visitors.", all, bytes),
  ];
}

function bucketSamples(labels: Labels, point: Point): MetricSample[] {
  let sum = 0;
  return [...latencyBoundsMs, Number.POSITIVE_INFINITY].map((bound, index) => {
    sum += point[requestFields.firstBucket + index] ?? 0;
    const le = bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound / 1000);
    return { suffix: "_bucket", labels: { ...labels, le }, value: sum };
  });
}

function instanceFamilies(
  { store }: EngineContext,
  meter: Meter,
  branches: ReadonlyMap<number, Branch>,
): MetricFamily[] {
  const all = counted(meter, branches, "instance");
  const memory = store.instances.places().flatMap((instance): MetricSample[] => {
    const [branch, use] = [branches.get(instance.branchId), meter.uses.get(instance.id)];
    if (!branch || !use) return [];
    // During a deploy two instances have the same name.
    const labels = { ...labelsOf(branch, "instance", nameOf(instance)), id: String(instance.id) };
    return [{ labels, value: use.memoryBytes }];
  });
  return [
    {
      ...family("berth_instance_cpu_seconds_total", "Processor time used.", all, 0),
      samples: all.map(({ labels, point }) => ({
        labels,
        value: (point[instanceFields.cpuMs] ?? 0) / 1000,
      })),
    },
    {
      name: "berth_instance_memory_bytes",
      type: "gauge",
      help: "Memory in use.",
      samples: memory,
    },
    family(
      "berth_instance_ends_total",
      "Times that an instance ended by itself.",
      all,
      instanceFields.restarts,
    ),
  ];
}

function deployFamilies(all: readonly Counted[]): MetricFamily[] {
  const { done, failed, durationMs } = deployFields;
  const resultOf = (name: string, field: number) =>
    all.map(({ labels, point }) => ({
      labels: { ...labels, result: name },
      value: point[field] ?? 0,
    }));
  return [
    {
      name: "berth_deploys_total",
      type: "counter",
      help: "Deploys that ended, by how.",
      samples: [...resultOf("done", done), ...resultOf("failed", failed)],
    },
    {
      name: "berth_deploy_seconds_total",
      type: "counter",
      help: "Time that deploys took, from the push to their end.",
      samples: all.map(({ labels, point }) => ({ labels, value: (point[durationMs] ?? 0) / 1000 })),
    },
  ];
}

function machineFamilies({ machine }: Meter): MetricFamily[] {
  if (!machine) return [];
  const gauge = (name: string, help: string, value: number): MetricFamily => {
    return { name: `berth_host_${name}`, type: "gauge", help, samples: [{ labels: {}, value }] };
  };
  return [
    {
      ...gauge("cpu_seconds_total", "Processor time used.", machine.cpuMs / 1000),
      type: "counter",
    },
    gauge("cpus", "Processor cores.", machine.cores),
    gauge("memory_used_bytes", "Memory in use.", machine.memoryBytes),
    gauge("memory_bytes", "Memory of the host.", machine.memoryTotalBytes),
    gauge("disk_used_bytes", "Disk under Berth's home in use.", machine.diskBytes),
    gauge("disk_bytes", "Size of the disk under Berth's home.", machine.diskTotalBytes),
    gauge("load1", "Load average over one minute.", machine.load),
  ];
}

function family(name: string, help: string, all: readonly Counted[], field: number): MetricFamily {
  const samples = all.map(({ labels, point }) => ({ labels, value: point[field] ?? 0 }));
  return { name, type: "counter", help, samples };
}
