import { listApps } from "#api/apps.ts";
import { listInstances } from "#api/instances.ts";
import { openStream, type LiveEvent } from "#api/stream.ts";
import type { AppStatusView, BranchView, InstanceView } from "#api/views.ts";
import { action, type Context } from "./command.ts";
import { renderTable } from "./output.ts";
import { everyItem } from "./pages.ts";
import { quantity } from "./quantity.ts";
import { openScreen, type Screen } from "./screen.ts";

/** Numbers of processor and memory are measured anew now and then, and are no change to be told of. */
const lookMs = 3000;
const topics = "apps,instances";

export const topCommands = [
  action({
    usage: "top",
    summary: "Shows apps and their instances live, until Ctrl-C; once when there is no terminal.",
    example: "top",
    run: showTop,
  }),
];

/** Everything that is shown, as far as it is known by now. */
type Sight = {
  readonly apps: Map<string, AppStatusView>;
  readonly instances: Map<string, readonly InstanceView[]>;
};

async function showTop(context: Context): Promise<void> {
  const { out, stdout } = context;
  const sight: Sight = { apps: new Map(), instances: new Map() };
  await loadApps(context, sight);
  if (!out.tty || out.json) {
    await loadInstances(context, sight, branchesOf(sight));
    if (out.json) out.value(branchesOf(sight).map((it) => jsonOf(sight, it)));
    else for (const line of renderTop(sight)) out.line(line);
    return;
  }
  using interrupted = untilInterrupted(context.signal);
  using screen = openScreen(stdout);
  await Promise.race([
    follow(context, { sight, screen, signal: interrupted.signal }),
    interrupted.promise,
  ]);
}

type Watching = {
  readonly sight: Sight;
  readonly screen: Screen;
  readonly signal: AbortSignal;
};

/** Draws what changes as it changes; a stream that is cut is opened again. */
async function follow(context: Context, { sight, screen, signal }: Watching): Promise<void> {
  const draw = (remark = "") =>
    screen.draw([...renderTop(sight), ...(remark === "" ? [] : ["", remark])]);
  const look = async () => {
    // Only what fits on the screen is worth asking for.
    await loadInstances(context, sight, branchesOf(sight).slice(0, screen.rows));
    draw();
  };
  await look();
  const timer = setInterval(() => void look().catch(() => {}), lookMs);
  try {
    while (!signal.aborted) {
      await readOn(context, { sight, draw, signal }).catch(() => draw("Berth does not answer…"));
      if (!signal.aborted) await new Promise((wait) => setTimeout(wait, 1000));
    }
  } finally {
    clearInterval(timer);
  }
}

async function readOn(
  context: Context,
  { sight, draw, signal }: Omit<Watching, "screen"> & { readonly draw: () => void },
): Promise<void> {
  for await (const event of context.client(openStream, { query: { topics } }, signal)) {
    if (event.type === "hello" || event.type === "resync") await loadApps(context, sight);
    else note(sight, event);
    draw();
  }
}

function note({ apps, instances }: Sight, event: LiveEvent): void {
  if (event.type === "app") apps.set(event.app.app.name, event.app);
  if (event.type === "gone") apps.delete(event.app);
  if (event.type === "instances") instances.set(event.target, event.instances);
}

async function loadApps({ client, signal }: Context, { apps }: Sight): Promise<void> {
  const all = await everyItem(client, listApps, {}, signal);
  apps.clear();
  for (const app of all) apps.set(app.app.name, app);
}

async function loadInstances(
  { client, signal }: Context,
  { instances }: Sight,
  branches: readonly BranchView[],
): Promise<void> {
  const running = branches.filter(({ wanted }) => wanted > 0);
  for (const { target } of running) {
    const input = { params: { target } };
    // One that is removed meanwhile has none.
    const mine = await everyItem(client, listInstances, input, signal).catch(() => []);
    instances.set(target, mine);
  }
}

/** What is not well comes first. */
function branchesOf({ apps }: Sight): BranchView[] {
  const isWell = ({ state }: BranchView) => state !== "crashing" && state !== "starting";
  return [...apps.values()]
    .flatMap(({ branches }) => branches)
    .toSorted((a, b) => Number(isWell(a)) - Number(isWell(b)) || (a.target < b.target ? -1 : 1));
}

function renderTop(sight: Sight): string[] {
  const branches = branchesOf(sight);
  const count = (state: BranchView["state"]) => branches.filter((it) => it.state === state).length;
  const total = `${sight.apps.size} apps: ${count("running")} running, ${count("starting")} starting, ${count("crashing")} crashing`;
  const rows = branches.flatMap((branch) => rowsOf(sight, branch));
  const headings = ["APP", "STATE", "INSTANCES", "RELEASE", "CPU", "MEMORY"];
  return [total, "", ...renderTable(headings, rows)];
}

function rowsOf({ instances }: Sight, branch: BranchView): string[][] {
  const mine = branch.wanted > 0 ? (instances.get(branch.target) ?? []) : [];
  const release = branch.current ? `v${branch.current.number}` : "-";
  const ready = `${branch.healthy}/${branch.wanted}`;
  return [
    [branch.target, branch.state, ready, release, ...usedBy(mine)],
    ...mine.map((it) => [`  ${it.name}`, it.state, "", "", ...usedBy([it])]),
  ];
}

function usedBy(instances: readonly InstanceView[]): [string, string] {
  const known = instances.filter(({ cpuCores }) => cpuCores !== null);
  if (known.length === 0) return ["-", "-"];
  const cores = known.reduce((sum, { cpuCores }) => sum + (cpuCores ?? 0), 0);
  const bytes = known.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
  return [cores.toFixed(2), quantity(bytes, "bytes")];
}

function jsonOf({ instances }: Sight, branch: BranchView): object {
  return { ...branch, instances: instances.get(branch.target) ?? [] };
}

function untilInterrupted(
  gone: AbortSignal,
): Disposable & { readonly promise: Promise<void>; readonly signal: AbortSignal } {
  const ended = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => {
    ended.abort();
    resolve();
  };
  process.once("SIGINT", end).once("SIGTERM", end);
  gone.addEventListener("abort", end);
  return {
    promise,
    signal: ended.signal,
    [Symbol.dispose]: () => void process.off("SIGINT", end).off("SIGTERM", end),
  };
}
