import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { foreground, whenGone } from "./child.mjs";
import { runInMachine } from "./machine.mjs";
import { SetupError, renderElapsed } from "./progress.mjs";
import { checkout, cli, ensureSetup, node } from "./setup.mjs";

const commands = {
  start: { setup: "run", run: (args) => runNode([cli, "start", ...args]) },
  test: { setup: "test", run: (args) => runTests(args) },
  check: { setup: "test", run: runChecks },
  golden: { setup: "test", run: (args) => runTests(["unit", ...args], { BERTH_GOLDEN: "write" }) },
  generate: { setup: "none", run: () => runTests(generatedPages, { BERTH_GOLDEN: "write" }) },
  bench: { setup: "test", run: runBench },
  console: { setup: "run", run: (args) => runTool("vite", ["--config", consoleConfig, ...args]) },
  "test:kernel": { setup: "test", run: testOnKernel },
  "db:generate": { setup: "none", run: generateMigration },
};

const consoleConfig = "console/vite.config.ts";

/** Tests that compare a page under docs/reference with its source, or write it. */
const generatedPages = ["test/reference.test.ts", "src/domain/config-reference.test.ts"];

const checks = {
  types: async () => (await runTool("tsc", ["-p", "."])) || runTool("tsc", ["-p", "console"]),
  lint: () => runTool("oxlint", ["--type-aware", "--deny-warnings"]),
  "format:check": () => runTool("oxfmt", ["--check"]),
  unused: () => runTool("knip", []),
  test: () => runTests([]),
};

/** The long ones come first: at the end there is something short for every processor. */
const groups = {
  e2e: () => testFiles("test/e2e", { deep: true }),
  security: () => testFiles("test/security", { deep: true }),
  scenarios: () => testFiles("test/scenarios", { deep: true }),
  unit: () => [
    ...testFiles("src", { deep: true }),
    ...testFiles("scripts", { deep: true }),
    ...testFiles("console", { deep: true }),
    ...testFiles("test", { deep: false }),
  ],
};

/** What measures others' time or load must not have others beside it. */
const alone = ["test/e2e/targets.test.ts", "test/security/hogs.test.ts"];

async function runTests(args, extraEnv = {}) {
  const { files, options } = parseTestArguments(args);
  if (options.length > 0) return runSwept([...runner, ...options, ...files], extraEnv);
  const rounds = [
    // Tests of a platform wait more than they compute.
    { files: files.filter((file) => !alone.includes(file)), atOnce: 3 },
    { files: files.filter((file) => alone.includes(file)), atOnce: 1 },
  ].filter((round) => round.files.length > 0);
  return runSwept(["scripts/tests.mjs", JSON.stringify(rounds)], extraEnv);
}

/**
 * Runs a program that starts platforms. Whatever it makes is in a folder of its own; however it ends,
 * nothing of that is left, nor of one that was killed before together with its `run.mjs`.
 */
async function runSwept(args, extraEnv = {}) {
  // They end the program, and us with it, but not the removal of what it leaves.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  await runNode(["test/sweep.ts"]);
  const folder = join(tmpdir(), `berth-${process.pid}-${statOf("self").startedAt}`);
  mkdirSync(folder);
  // Everything runs as other accounts, which must get through.
  chmodSync(folder, 0o711);
  try {
    // Each test file runs in a process of its own, and most load the same modules.
    const compiled = join(folder, "compiled");
    return await runNode(args, { ...extraEnv, TMPDIR: folder, NODE_COMPILE_CACHE: compiled });
  } finally {
    await runNode(["test/sweep.ts", folder]);
  }
}

/** What the kernel says of a process: its parent, and when it began, which tells it from later ones. */
function statOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { parent: Number(fields[1]), startedAt: fields[19] };
}

/** The npm that started us, itself or through a shell: it passes a hang-up on to nobody. */
function findNpm() {
  const isNpm = (pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("npm ");
  const parents = [process.ppid, process.ppid > 0 ? statOf(process.ppid).parent : 0];
  return parents.find(isNpm);
}

/** With options of the developer's own, which only the command line takes. */
const runner = [
  "--test",
  "--test-reporter=spec",
  "--test-concurrency=2",
  "--test-timeout=150000",
  "--test-force-exit",
];

/** Tests that ask the kernel for what this machine's own may not have. */
const kernelTests = [
  "src/drivers/privileges/cgroups.test.ts",
  "src/drivers/privileges/processor-counts.test.ts",
  "src/lib/bind-program.test.ts",
  "src/lib/socket-count.test.ts",
  "src/privileged/fence.test.ts",
  "src/privileged/greedy-app.test.ts",
  "test/security/berth-root.test.ts",
];

/** Runs test files in a virtual machine, `--kvm` with the processor's help. */
async function testOnKernel(args) {
  const named = args.filter((arg) => arg !== "--kvm");
  const { files } = parseTestArguments(named.length > 0 ? named : kernelTests);
  const argv = [node, "--test", "--test-reporter=spec", "--test-concurrency=1", ...files];
  return runInMachine(argv, { checkout, accelerator: args.includes("--kvm") ? "kvm" : "tcg" });
}

/** `[unit | e2e | security | file…] [options of node --test]`; no group and no file means every test. */
function parseTestArguments(args) {
  const options = args.filter((arg) => arg.startsWith("-"));
  const named = args.filter((arg) => !arg.startsWith("-"));
  const wanted = named.length > 0 ? named : Object.keys(groups);
  const files = wanted.flatMap((name) => groups[name]?.() ?? [name]);
  const absent = files.filter((file) => !existsSync(join(checkout, file)));
  if (absent.length > 0)
    throw new SetupError(`No test group or file is named ${absent.join(", ")}.
The groups are: ${Object.keys(groups).join(", ")}`);
  if (files.length === 0) throw new SetupError(`There is no test in ${wanted.join(", ")}.`);
  return { files, options };
}

function testFiles(folder, { deep }) {
  const path = join(checkout, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: deep, encoding: "utf8" })
    .filter((name) => /\.test\.(?:ts|mjs)$/.test(name))
    .map((name) => `${folder}/${name}`)
    .toSorted();
}

/** Runs the named checks, or all of them, and stops at the first that fails. */
async function runChecks(names) {
  const unknown = names.filter((name) => !(name in checks));
  if (unknown.length > 0)
    throw new SetupError(`No check is named ${unknown.join(", ")}.
The checks are: ${Object.keys(checks).join(", ")}`);
  const wanted = names.length > 0 ? names : Object.keys(checks);
  for (const name of wanted) {
    process.stderr.write(`${name}…\n`);
    const startedAt = performance.now();
    const code = await checks[name]();
    const elapsed = renderElapsed(performance.now() - startedAt);
    if (code !== 0) {
      process.stderr.write(
        `${name}: failed after ${elapsed}. Run it alone with: npm run ${name}\n`,
      );
      return code;
    }
    // The test runner's own counts are the last thing to read.
    if (name !== "test") process.stderr.write(`${name}: passed in ${elapsed}\n`);
  }
  return 0;
}

async function runBench([name, ...args]) {
  const names = existsSync(join(checkout, "bench"))
    ? readdirSync(join(checkout, "bench")).flatMap((file) => /^(.*)\.ts$/.exec(file)?.[1] ?? [])
    : [];
  if (!names.includes(name)) {
    throw new SetupError(`No benchmark is named ${name ?? "(none given)"}.
The benchmarks are: ${names.join(", ")}`);
  }
  return runSwept([`bench/${name}.ts`, ...args]);
}

async function generateMigration(args) {
  const name = args
    .filter((arg) => arg !== "--name")
    .join(" ")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
  if (name === "")
    throw new SetupError(`A migration needs a name that says what changed. Type:
  npm run db:generate -- --name "what changed"`);
  return runTool("drizzle-kit", ["generate", "--name", name]);
}

function runNode(args, extraEnv = {}) {
  return foreground([node, ...args], { cwd: checkout, env: { ...environment(), ...extraEnv } });
}

function runTool(tool, args) {
  const program = join(checkout, "node_modules/.bin", tool);
  return foreground([program, ...args], { cwd: checkout, env: environment() });
}

/** Programs that say `#!/usr/bin/env node` find the Node that Berth brings. */
function environment() {
  const tools = join(checkout, "node_modules/.bin");
  const path = process.env.PATH ?? "";
  const inherited = path.split(delimiter).filter((directory) => directory !== tools);
  return { ...process.env, PATH: [tools, ...inherited].join(delimiter) };
}

async function main([name, ...args]) {
  const command = Object.hasOwn(commands, name ?? "") ? commands[name] : null;
  if (!command) {
    process.stderr.write(
      `Usage: node scripts/run.mjs ${Object.keys(commands).join("|")} [arguments]\n`,
    );
    return 2;
  }
  await ensureSetup(command.setup);
  const npm = findNpm();
  if (npm) whenGone(npm, () => process.kill(process.pid, "SIGHUP"));
  return command.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
