import assert from "node:assert/strict";
import { join } from "node:path";
import type { Clock } from "#domain/clock.ts";
import type { HostConfig } from "#domain/host-config.ts";
import { isEnded, type DeployStep, type Job } from "#domain/job.ts";
import type { Store } from "#domain/store.ts";
import { createMemorySignIn } from "#drivers/sign-in/memory.ts";
import { createAuthorizedKeys } from "#drivers/access/authorized-keys.ts";
import { createMemoryExecutor, type MemoryExecutor } from "#drivers/executors/memory.ts";
import { createInstanceFiles } from "#drivers/logs/instances.ts";
import { createJobFiles } from "#drivers/logs/jobs.ts";
import { createRouterFiles } from "#drivers/logs/router.ts";
import { openMetrics } from "#drivers/metrics/sqlite.ts";
import { createMemoryDrain, type MemoryDrain } from "#drivers/drains/memory.ts";
import { createDrainSource } from "#drivers/logs/drain-source.ts";
import { createMemoryNotifier, type MemoryNotifier } from "#drivers/notifiers/memory.ts";
import { builders } from "#drivers/registry.ts";
import { createMemoryRouter, type MemoryRouter } from "#drivers/routers/memory.ts";
import {
  createMemoryRequestLog,
  type MemoryRequestLog,
} from "#drivers/routers/memory-request-log.ts";
import { createMemoryRunner, type MemoryRunner } from "#drivers/runners/memory.ts";
import { createMemorySource, type MemorySource } from "#drivers/sources/memory.ts";
import { createUsers } from "#drivers/privileges/users.ts";
import { createFolderWorkspace } from "#drivers/workspaces/folders.ts";
import type { EngineContext } from "#engine/context.ts";
import { createEngine, type RunningEngine } from "#engine/create-engine.ts";
import { machineClock } from "#lib/clock.ts";
import { removeTree, writeAtomic } from "#lib/files.ts";
import { createMemoryKeyFile } from "#store/secret-keys.ts";
import { openStore } from "#store/store.ts";
import { hostConfig } from "./factories.ts";
import { temporaryFolder } from "./machine.ts";
import { startPrivileges } from "./privileges.ts";

/** The engine over memory drivers, a real store and real folders. */
export type World = AsyncDisposable & {
  readonly store: Store;
  readonly executor: MemoryExecutor;
  readonly router: MemoryRouter;
  readonly runner: MemoryRunner;
  readonly source: MemorySource;
  readonly requestLog: MemoryRequestLog;
  readonly notifier: MemoryNotifier;
  readonly drain: MemoryDrain;
  /** When the certificate of a path ends. */
  readonly certificateEnds: Map<string, Date>;
  /** Of the disk's 100 GB. */
  diskBytes: number;
  readonly workspace: EngineContext["workspace"];
  /** What the engine is given, without any way to kill it. */
  readonly context: EngineContext;
  /** From now on no request can be written to a branch's log. */
  readonly breakRouterLog: () => Promise<void>;
  /** From now on no job's output can be written. */
  readonly breakJobLog: () => Promise<void>;
  /** What was logged as an error. */
  readonly errors: object[];
  /** What is left of the disk. */
  freeDiskBytes: number;
  engine: RunningEngine;
  config: HostConfig;
  /** Kills the engine once one of its calls is such: from then on it reaches nothing. */
  killWhen: KillWhen | null;
  /** Resolves when the engine was killed. */
  readonly killed: () => Promise<void>;
  /** Ends the engine, if it lives, and starts another one over the same state. */
  readonly restart: () => Promise<void>;
  /** Pushes a commit of these files and waits for the end of the job. */
  readonly push: (app: string, files?: Readonly<Record<string, string>>) => Promise<Job>;
  readonly ended: (job: Job | null) => Promise<Job>;
  readonly output: (job: Job) => Promise<string>;
};

const machineUsage = {
  cores: 2,
  cpuMs: 1000,
  memoryBytes: 1e9,
  memoryTotalBytes: 4e9,
  diskBytes: 1e10,
  diskTotalBytes: 1e11,
  load: 0.5,
};

type KillWhen = (verb: string, args: readonly unknown[]) => boolean;

/** When a job has recorded this step. */
export function atStep(step: DeployStep): KillWhen {
  return (verb, [, patch]) =>
    verb === "update" && (patch as { step?: DeployStep } | undefined)?.step === step;
}

export const webFiles = { "server.js": "", Procfile: "web: node server.js\n" } as const;

/** Time passes twenty times as fast, so that a test waits for the engine's waits, but not long. */
const speed = 20;
const fastClock: Clock = {
  now: () => new Date(machineClock.now().getTime() * speed),
  sleep: (ms, signal) => machineClock.sleep(ms / speed, signal),
};

export async function createWorld(
  config: Partial<HostConfig> = {},
  clock: Clock = fastClock,
): Promise<World> {
  const folder = await temporaryFolder();
  const store = await openStore(":memory:", createMemoryKeyFile());
  const [source, runner] = [createMemorySource(), createMemoryRunner()];
  const [executor, router] = [createMemoryExecutor(), createMemoryRouter()];
  const requestLog = createMemoryRequestLog();
  const { privileges } = await startPrivileges(folder.path, { hasUsers: false });
  const notifier = createMemoryNotifier();
  const drain = createMemoryDrain();
  const errors: object[] = [];
  const logs = join(folder.path, "logs");
  const context: EngineContext = {
    store,
    source,
    runner,
    executor,
    router,
    workspace: createFolderWorkspace(join(folder.path, "data"), privileges),
    users: createUsers(privileges, join(folder.path, "data/caches")),
    jobLog: createJobFiles(join(folder.path, "jobs")),
    instanceLogs: createInstanceFiles(logs),
    routerLogs: createRouterFiles(join(folder.path, "router")),
    requestLog,
    drainSource: createDrainSource({
      instances: logs,
      router: join(folder.path, "router"),
      jobs: join(folder.path, "jobs"),
    }),
    drainSender: drain,
    notifiers: { webhook: notifier, chat: notifier, mail: notifier },
    certificateEnd: async (path) => world.certificateEnds.get(path) ?? null,
    metrics: openMetrics(":memory:"),
    machine: {
      usage: async () => ({ ...machineUsage, diskBytes: world.diskBytes }),
      freeDiskBytes: async () => world.freeDiskBytes,
    },
    signIn: createMemorySignIn(),
    access: createAuthorizedKeys(join(folder.path, "authorized_keys"), "/bin/shell"),
    builders,
    clock,
    log: { info: () => {}, error: (facts) => void errors.push(facts) },
    hostConfig: () => world.config,
    door: "platform",
    host: {
      home: folder.path,
      version: "0",
      account: "berth",
      sshNames: [],
      isolation: [],
      unlimited: [],
    },
  };
  let life = mortal(context, () => world.killWhen);
  const world: World = {
    store,
    source,
    executor,
    router,
    runner,
    requestLog,
    notifier,
    drain,
    certificateEnds: new Map(),
    diskBytes: 1e10,
    context,
    workspace: context.workspace,
    breakRouterLog: () => writeAtomic(join(folder.path, "router"), ""),
    breakJobLog: async () => {
      await removeTree(join(folder.path, "jobs"));
      await writeAtomic(join(folder.path, "jobs"), "");
    },
    errors,
    freeDiskBytes: 1e10,
    engine: engineOver(life.context),
    config: hostConfig(config),
    killWhen: null,
    killed: () => life.death,
    restart: async () => {
      await endOf(world.engine);
      world.killWhen = null;
      life = mortal(context, () => world.killWhen);
      world.engine = engineOver(life.context);
      await world.engine.begin();
    },
    push: async (app, files = webFiles) => {
      const [first] = store.branches.of(store.apps.named(app)?.id ?? 0);
      assert(first, `${app} has a branch`);
      const from = await source.tipOf(first.appId, first.name);
      const commit = source.commit(files, from ?? undefined);
      const asked = { app, branch: first.name, from, commit, actor: "ann" };
      return world.ended(await world.engine.deploy(asked));
    },
    ended: async (job) => {
      assert(job, "there is a job");
      const timeout = AbortSignal.timeout(5000);
      for await (const _ of world.engine.followJob(job.id, 0, timeout));
      const end = store.jobs.get(job.id);
      assert(end && isEnded(end.status), `job ${job.id} has ended`);
      return end;
    },
    output: async (job) => {
      let text = "";
      const forEver = new AbortController();
      for await (const piece of world.engine.followJob(job.id, 0, forEver.signal)) {
        if ("text" in piece) text += piece.text;
      }
      return text;
    },
    [Symbol.asyncDispose]: async () => {
      await endOf(world.engine);
      store[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
  await world.engine.begin();
  return world;
}

/** Nobody signs in here, so there are no rows for that. */
export function engineOver(context: EngineContext): RunningEngine {
  return createEngine({ ...context, signIn: () => context.signIn });
}

/** One that was killed breaks as it ends. */
async function endOf(engine: RunningEngine): Promise<void> {
  await Promise.allSettled([engine[Symbol.asyncDispose]()]);
}

/** Ports that answer nothing any more after such a call, as if berthd had been killed there. */
function mortal(context: EngineContext, killWhen: () => KillWhen | null) {
  const death = Promise.withResolvers<void>();
  let isDead = false;
  const guard = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value === "object" && value !== null) return guard(value);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          if (isDead) throw new Error("killed");
          const answer: unknown = Reflect.apply(value, target, args);
          if (killWhen()?.(String(name), args)) {
            isDead = true;
            death.resolve();
          }
          return answer;
        };
      },
    });
  const { store, source, executor, runner, router, workspace, jobLog } = context;
  const ports = { store, source, executor, runner, router, workspace, jobLog };
  const guarded = Object.entries(ports).map(([name, port]) => [name, guard(port)] as const);
  // The same ports under the same names.
  const mortals = Object.fromEntries(guarded) as unknown as typeof ports;
  return { context: { ...context, ...mortals }, death: death.promise };
}

/** Resolves when `isSo` answers yes. */
export async function eventually(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 5000;
  while (!isSo()) {
    assert.ok(performance.now() < end, `in time: ${what}`);
    await new Promise((wait) => setTimeout(wait, 2));
  }
}

/** The state in which every deploy must leave a branch, whatever happened. */
export async function assertSettled({ store, executor, workspace }: World): Promise<void> {
  await eventually(() => store.instances.list().every((it) => it.healthyAt), "all are healthy");
  const ids = store.instances.list().map(({ id }) => id);
  const running = executor.started().map(({ id }) => id);
  assert.deepEqual(new Set(running), new Set(ids), "what runs is what is recorded");
  for (const branch of store.branches.list()) {
    assert.equal(branch.candidateReleaseId, null);
    assert.equal(branch.mode, "serving");
  }
  const known = new Set(store.artifacts.ids());
  assert.ok(
    (await workspace.ids()).every((id) => known.has(id)),
    "no directory is unknown",
  );
}
