import { z } from "zod";
import { BranchName, ProcessTypeName } from "./app.ts";
import { BranchConfig } from "./branch.ts";
import { CommandLine, section, Snippet, Text, YesNo } from "./config-parts.ts";
import {
  checkConfig,
  type ConfigPath,
  type ConfigText,
  errorAt,
  isBroken,
  type Parsed,
} from "./config-text.ts";
import type { ConfigProblem } from "./host-config.ts";
import { LimitSection } from "./limit-config.ts";
import { checkSnippet } from "./nginx-snippet.ts";
import { HealthCheck, type ProcessType, Timing } from "./process-type.ts";
import { Secret } from "./secret.ts";
import { parseSubdirectory } from "./subdirectory.ts";

const Command = CommandLine.describe("Command line, read by a shell inside the sandbox.");
const ProcessCount = z
  .int()
  .min(0)
  .max(1000)
  .default(1)
  .meta({ example: "4" })
  .describe("Number of instances; 1 by default.");

const Runner = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("NginxBackend").describe("A web server that listens on $PORT."),
      cmd: Command,
      process_count: ProcessCount,
      limits: LimitSection,
      nginx_proxy_path: z
        .enum(["", "/"])
        .nullish()
        .meta({ expects: "/ or nothing", example: '"/"' })
        .describe('"/" takes the location\'s path off before the app sees it.'),
      nginx_extra_config: Snippet,
      nginx_extra_upstream_config: Snippet,
    }),
    z.strictObject({
      type: z.literal("NginxStatic").describe("Files, served by the router."),
      subdirectory: Text.nullish()
        .meta({ example: "public" })
        .describe("Folder that is served; by default the whole checkout."),
      nginx_extra_config: Snippet,
    }),
    z.strictObject({
      type: z.literal("SimpleProcess").describe("A process without a port."),
      cmd: Command,
      process_count: ProcessCount,
      limits: LimitSection,
    }),
    z.looseObject({ type: z.literal("UwsgiNginxBackend").describe("Not taken yet.") }),
  ])
  .meta({ expects: "NginxBackend, NginxStatic or SimpleProcess" });
type Runner = z.infer<typeof Runner>;
type RunningKind = Exclude<Runner, { type: "UwsgiNginxBackend" }>;

const EnvName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "use letters, digits and _, not starting with a digit")
  .refine((name) => name !== "PORT", "remove it: Berth gives each web instance a PORT of its own");

const Commands = z
  .union([CommandLine, z.array(CommandLine)])
  .nullish()
  .transform((value) => [value ?? []].flat())
  .meta({ expects: "a command or a list of commands", example: "make assets" });

const Branch = z.strictObject({
  runners: z
    .record(ProcessTypeName, Runner)
    .nullish()
    .meta({ expects: "a mapping of runners" })
    .describe("What runs, by name. Without it the Procfile of the pushed code decides."),
  env: section(
    z.record(
      EnvName,
      z
        .union([Text, z.number(), z.boolean(), z.null()])
        .meta({ expects: "text, a number, true or false", example: '"text"' })
        .describe("Value of a config var; numbers and booleans are taken as they are written."),
    ),
  ),
  env_secret: section(
    z.record(
      EnvName,
      Text.meta({ expects: "text", example: '"text"' }).describe(
        "Value of a config var that is a secret: encrypted in the database, and not shown.",
      ),
    ),
  ),
  hooks: section(
    z.strictObject({
      before_build: Commands.describe("Run in the fresh checkout, before anything is built."),
      build: Commands.describe("Build the code; by default ./.build.sh runs if it is there."),
      after_build: Commands.describe("Run when everything is built."),
      maintenance: Commands.describe("Run once for each release, before it serves."),
      while_serving: YesNo.default(false).describe(
        "Serve the old release while maintenance hooks run; off by default: requests wait.",
      ),
    }),
  ),
  custom_cmds: section(
    z.record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,62}$/, "use letters, digits and . _ : -"),
      CommandLine.describe("Command that is run on demand in the current release."),
    ),
  ),
  health: section(
    z.strictObject({ path: HealthCheck.shape.path, timeout_s: HealthCheck.shape.timeoutS }),
  ),
  timing: section(
    z.strictObject({
      stop_timeout_s: Timing.shape.stopTimeoutS,
      drain_timeout_s: Timing.shape.drainTimeoutS,
      hold_timeout_s: Timing.shape.holdTimeoutS,
    }),
  ),
  limits: LimitSection.describe("What each instance may use."),
  build_limits: LimitSection.describe("What a build may use."),
  keep_releases: BranchConfig.shape.keepReleases,
});
type Branch = z.infer<typeof Branch>;

/** `repo/<app>.yml` as it is written. */
export const RepoFile = z.strictObject({
  branches: z
    .record(BranchName, section(Branch))
    .refine((branches) => Object.keys(branches).length > 0, "names no branch")
    .meta({ expects: "a mapping of branches" })
    .describe("Branches that are deployed, each on its own."),
});

/** Reads an app's file. Branches come in the order in which they stand. */
export function parseRepoConfig(text: ConfigText): Parsed<ReadonlyMap<string, BranchConfig>> {
  const { data, problems } = checkConfig(RepoFile, text);
  if (!data) return { value: null, problems };
  const lineOf = (name: string) => text.at(["branches", name])?.line ?? 0;
  const named = Object.entries(data.branches).toSorted(([a], [b]) => lineOf(a) - lineOf(b));
  const found = [
    ...problems,
    ...named.flatMap(([name, it]) => [
      ...checkRunners(text, name, it),
      ...checkEnv(text, name, it),
    ]),
  ];
  if (isBroken(found)) return { value: null, problems: found };
  const branches = named.map(([name, branch]) => {
    const sourceOf = (key: string) => text.at(["branches", name, "env", key])?.source;
    return [name, branchConfigOf(branch, sourceOf)] as const;
  });
  return { value: new Map(branches), problems: found };
}

/** The branch that an app's name alone means; null when it has none. */
export function defaultBranchOf(names: Iterable<string>): string | null {
  const all = [...names];
  return ["master", "main"].find((name) => all.includes(name)) ?? all[0] ?? null;
}

function checkEnv(text: ConfigText, name: string, branch: Branch): ConfigProblem[] {
  const twice = Object.keys(branch.env_secret).filter((key) => Object.hasOwn(branch.env, key));
  const words = { problem: "stands under env, too", fix: "keep one of the two" };
  return twice.map((key) => errorAt(text, ["branches", name, "env_secret", key], words));
}

function checkRunners(text: ConfigText, name: string, { runners }: Branch): ConfigProblem[] {
  return Object.entries(runners ?? {}).flatMap(([runnerName, runner]) =>
    checkRunner(text, ["branches", name, "runners", runnerName], runner),
  );
}

function checkRunner(text: ConfigText, path: ConfigPath, runner: Runner): ConfigProblem[] {
  const problems = ["nginx_extra_config", "nginx_extra_upstream_config"].flatMap((key) =>
    checkSnippet(text, [...path, key]),
  );
  if (runner.type === "UwsgiNginxBackend") {
    const problem = "UwsgiNginxBackend is not taken yet";
    const fix = "write `type: NginxBackend` and `cmd: uwsgi --http-socket 127.0.0.1:$PORT …`";
    return [errorAt(text, [...path, "type"], { problem, fix })];
  }
  if (runner.type === "NginxStatic" && parseSubdirectory(runner.subdirectory ?? "") === null) {
    const words = { problem: "leads out of the checkout", fix: "write `subdirectory: public`" };
    problems.push(errorAt(text, [...path, "subdirectory"], words));
  }
  return problems;
}

function branchConfigOf(
  branch: Branch,
  sourceOf: (envKey: string) => string | undefined,
): BranchConfig {
  const { hooks, timing } = branch;
  const env = Object.entries(branch.env).map(([key, value]) => {
    return [key, sourceOf(key) ?? String(value ?? "")] as const;
  });
  const types = Object.entries(branch.runners ?? {}).flatMap(([name, runner]) => {
    if (runner.type === "UwsgiNginxBackend") return []; // its file has been refused
    return [[name, processTypeOf(runner)] as const];
  });
  const limits = Object.entries(branch.runners ?? {}).flatMap(([name, runner]) =>
    "limits" in runner ? [[name, runner.limits] as const] : [],
  );
  const secrets = Object.entries(branch.env_secret).map(
    ([key, value]) => [key, Secret.of(value)] as const,
  );
  return BranchConfig.parse({
    env: Object.fromEntries([...env, ...secrets]),
    processTypes: branch.runners ? Object.fromEntries(types) : null,
    hooks: {
      beforeBuild: hooks.before_build,
      build: hooks.build,
      afterBuild: hooks.after_build,
      maintenance: hooks.maintenance,
      whileServing: hooks.while_serving,
    },
    customCommands: branch.custom_cmds,
    health: { path: branch.health.path, timeoutS: branch.health.timeout_s },
    timing: {
      stopTimeoutS: timing.stop_timeout_s,
      drainTimeoutS: timing.drain_timeout_s,
      holdTimeoutS: timing.hold_timeout_s,
    },
    limits: { app: branch.limits, types: Object.fromEntries(limits), build: branch.build_limits },
    keepReleases: branch.keep_releases,
  });
}

function processTypeOf(runner: RunningKind): Partial<ProcessType> & Pick<ProcessType, "kind"> {
  if (runner.type === "NginxStatic") {
    return { kind: "static", directory: parseSubdirectory(runner.subdirectory ?? "") ?? "" };
  }
  const { cmd: command, process_count: count } = runner;
  if (runner.type === "SimpleProcess") return { kind: "worker", command, count };
  return { kind: "web", command, count, stripPrefix: runner.nginx_proxy_path === "/" };
}
