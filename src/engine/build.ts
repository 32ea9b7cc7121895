import type { Artifact } from "#domain/artifact.ts";
import { targetOf, type Branch } from "#domain/branch.ts";
import type { Builder, Tree } from "#domain/builder.ts";
import { PlatformError } from "#domain/errors.ts";
import { describeExit } from "#domain/instance.ts";
import { buildLimitsOf } from "#domain/limit-choices.ts";
import { renderSize, type Limits } from "#domain/limits.ts";
import { parseProcfile } from "#domain/procfile.ts";
import type { Outcome, SandboxCommand } from "#domain/runner.ts";
import type { EngineContext } from "./context.ts";
import { aboveDiskFloor, requireRoom } from "./disk-floor.ts";
import type { JobRun } from "./jobs.ts";
import { createOutput } from "./output.ts";
import { environmentOf } from "./plan/wanted.ts";

/** A job at work on a branch; its context is that of the door through which it was asked for. */
export type Work = JobRun & { readonly context: EngineContext; readonly branch: Branch };

/** Makes the artifact of a commit; one that is ready already is taken as it is. */
export async function buildArtifact(work: Work, commit: string): Promise<Artifact> {
  const { context, job, branch, out } = work;
  const { store, source, workspace, clock } = context;
  const artifact = artifactOf(work, commit);
  if (artifact.status === "ready") return artifact;

  store.jobs.update(job.id, { artifactId: artifact.id });
  try {
    const title = `Fetching ${commit.slice(0, 7)}`;
    const { userNumber } = appOf(context, branch);
    const dir = await work.step(
      { name: "fetch", title, isHeading: true, resumeAt: "fetch" },
      async () => {
        await requireRoom(context);
        const partial = await workspace.preparePartial(artifact.id);
        for (const remark of await source.exportTree(branch.appId, commit, partial))
          out.line(remark);
        await workspace.handOver(artifact.id, userNumber);
        return partial;
      },
    );
    await work.step({ name: "build", title: "Building", resumeAt: "build" }, async () => {
      const startedMs = clock.now().getTime();
      const builders = await build(work, artifact);
      await workspace.seal(artifact.id, userNumber);
      const isConfigured = branch.config.processTypes !== null;
      const description = describe(workspace.treeOf(dir), builders, { commit, isConfigured });
      await workspace.finish(artifact.id, userNumber);
      store.artifacts.update(artifact.id, { ...description, status: "ready" });
      out.line(`Built in ${seconds(clock.now().getTime() - startedMs)}`);
    });
  } catch (error) {
    if (!work.stopping.aborted) await workspace.remove(artifact.id);
    throw error;
  }
  return store.artifacts.get(artifact.id)!;
}

function artifactOf({ context: { store, clock }, job, branch }: Work, commit: string): Artifact {
  const begun = job.artifactId === null ? null : store.artifacts.get(job.artifactId);
  return begun ?? store.artifacts.add({ branchId: branch.id, commit, createdAt: clock.now() });
}

/** Hooks and builders in order; every builder that applies has its turn. Gives those that did. */
async function build(work: Work, artifact: Artifact): Promise<Builder[]> {
  const { context, branch, out, step } = work;
  const isHeading = true;
  const dir = context.workspace.growingDir(artifact.id);
  const tree = context.workspace.treeOf(dir);
  const { hooks } = branch.config;
  const shell = commandsIn(work, artifact);
  const runHook = async (name: string, commands: readonly string[]) => {
    for (const command of commands) {
      const title = `Hook ${name}: ${command}`;
      await step({ name, title, isHeading }, () => shell(`The ${name} hook`, command));
    }
  };

  await runHook("before_build", hooks.beforeBuild);
  const builders = context.builders.filter((builder) => builder.detect(tree));
  for (const builder of builders) {
    const title = `Building with ${builder.name}`;
    await step({ name: builder.name, title, isHeading }, async () =>
      builder.build({ tree, run: (command) => shell(command, command), say: out.line }),
    );
  }
  const script = hooks.build.length === 0 && tree.has(".build.sh") ? ["./.build.sh"] : hooks.build;
  await runHook("build", script);
  await runHook("after_build", hooks.afterBuild);
  return builders;
}

/** Process types as the tree itself names them: its Procfile, else the first builder that knows. */
function describe(
  tree: Tree,
  builders: readonly Builder[],
  { commit, isConfigured }: { commit: string; isConfigured: boolean },
): Pick<Artifact, "processTypes" | "releaseCommand"> {
  const text = tree.read("Procfile");
  if (text === null && tree.has("Procfile")) {
    const problem = "it is larger than 64 KiB";
    throw new PlatformError("procfile_invalid", { file: "Procfile", line: 1, problem });
  }
  const procfile = text === null ? null : parseProcfile(text);
  const guessed = builders
    .map((builder) => builder.processTypes(tree))
    .find((types) => Object.keys(types).length > 0);
  const processTypes = { ...guessed, ...procfile?.processTypes };
  if (Object.keys(processTypes).length === 0 && !isConfigured) {
    throw new PlatformError("no_builder", { commit: commit.slice(0, 7) });
  }
  return { processTypes, releaseCommand: procfile?.releaseCommand ?? null };
}

/** Runs command lines in the tree that is being built. */
function commandsIn(work: Work, artifact: Artifact) {
  const { context, branch } = work;
  const app = appOf(context, branch);
  const env = environmentOf({ config: branch.config, commit: artifact.commit });
  const limits = buildLimitsOf(branch.config.limits);
  const timeoutMs = context.hostConfig().settings.buildTimeoutS * 1000;
  return async (step: string, command: string): Promise<void> => {
    const sandboxed = { app, artifactId: artifact.id, building: true, command, env, limits };
    const output = createOutput(work.out, env);
    const outcome = await aboveDiskFloor(context, work.signal, (signal) =>
      context.runner.run(sandboxed, { onOutput: output.write, signal, timeoutMs }),
    ).finally(output.end);
    const scope = `--build -a ${targetOf(branch)}`;
    const problem = problemOf(outcome, { ...limits, timeoutMs, scope });
    if (problem) throw new PlatformError("build_failed", { step, problem });
  };
}

/** The app, as the sandbox needs to know it. */
export function appOf(
  { store }: EngineContext,
  { appId }: Pick<Branch, "appId">,
): SandboxCommand["app"] {
  const app = store.apps.get(appId);
  if (!app) throw new PlatformError("app_not_found", { app: `number ${appId}` });
  return { id: app.id, userNumber: app.userNumber, network: app.network };
}

type Held = Pick<Limits, "memoryBytes"> & {
  readonly timeoutMs: number;
  /** Words that choose its limits. */
  readonly scope: string;
};

/** Null for a good end. */
export function problemOf(outcome: Outcome, held: Held): string | null {
  const { timeoutMs, memoryBytes, scope } = held;
  if (outcome.timedOut) return `it took longer than ${timeoutMs / 1000} s`;
  if (outcome.outOfDisk === true) return "its files and its cache outgrew the limit of its disk";
  if (outcome.outOfMemory === true) {
    const more = `berth limits:set memory=${renderSize(memoryBytes * 2)} ${scope}`;
    return `it ran out of memory, of ${renderSize(memoryBytes)}; allow more: ${more}`;
  }
  return outcome.code === 0 ? null : `it ${describeExit(outcome)}`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
