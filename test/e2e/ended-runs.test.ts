import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { checkout } from "#lib/checkout.ts";
import { bareEnv, ended, exec, start } from "#lib/exec.ts";
import { claimedUsers } from "#setup/uid-range.ts";
import { temporaryFolder } from "../machine.ts";
import { until } from "../platform.ts";
import { isRoot } from "../privileges.ts";
import { processesOf, processesWith } from "../processes.ts";

/** A run of the tests that never ends by itself; all that it makes is below the folder. */
type Run = AsyncDisposable & {
  readonly folder: string;
  readonly npm: number;
  /** The first of the users of each home in it. */
  readonly users: readonly number[];
};

const endings: Record<string, (run: Run) => void> = {
  "SIGTERM to npm": ({ npm }) => process.kill(npm, "SIGTERM"),
  "Ctrl-C": ({ npm }) => process.kill(-npm, "SIGINT"),
  "a hang-up of npm alone": ({ npm }) => process.kill(npm, "SIGHUP"),
  "SIGTERM to the runner alone": (run) => signalRunner(run, "SIGTERM"),
  "SIGKILL of the runner alone": (run) => signalRunner(run, "SIGKILL"),
};

let killed: Promise<Run>;
before(() => {
  killed = startRun("test/fixtures/endless/platform.ts");
});

test("however a run of the tests is ended, nothing is left of what they had started", async () => {
  const tried = Object.entries(endings).map(async ([name, end]) => {
    await using run = await startRun("test/fixtures/endless/parts.ts");
    end(run);
    await untilNothingIsLeft(run, name);
  });
  await Promise.all(tried);
});

test("what is left of tests that were killed with everything is gone with the next run", async () => {
  await using run = await killed;
  process.kill(-run.npm, "SIGKILL");
  await until(async () => runnersOf(run).length === 0, "the run is over");
  assert.ok(processesOf(run.folder).length > 0);
  await exec(["npm", "test", "--", "src/lib/cgroups.test.ts"], optionsIn(run.folder));
  await untilNothingIsLeft(run, "the next run");
});

async function startRun(file: string): Promise<Run> {
  const own = await temporaryFolder();
  const folder = own.path;
  await exec(["chmod", "711", folder]);
  const options = { ...optionsIn(folder), detached: true, stdio: "ignore" as const };
  const child = start(["npm", "test", "--", file], options);
  const end = ended(child);
  const npm = child.pid ?? 0;
  const isReady = async () =>
    readdirSync(folder).some((name) => existsSync(join(folder, name, "ready")));
  await until(isReady, `${file} has started everything`, 60_000);
  const homes = (await claimedUsers()).filter(({ home }) => home.startsWith(folder));
  const users = homes.map(({ first }) => first);
  assert.equal(users.length, isRoot ? 1 : 0);
  return {
    folder,
    npm,
    users,
    [Symbol.asyncDispose]: async () => {
      await end;
      await own[Symbol.asyncDispose]();
    },
  };
}

/** As from a terminal, not from within another run. */
function optionsIn(folder: string) {
  const { PATH, HOME } = process.env;
  // npm would keep what it compiled in the folder.
  const own = { TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: "1" };
  return { cwd: checkout, env: { ...bareEnv, PATH, HOME, ...own } };
}

function runnersOf({ folder }: Run): number[] {
  return processesWith(folder, "scripts/tests.mjs").map(({ pid }) => pid);
}

function signalRunner(run: Run, signal: NodeJS.Signals): void {
  const [runner = 0, ...others] = runnersOf(run);
  assert.ok(runner > 1 && others.length === 0);
  process.kill(runner, signal);
}

async function untilNothingIsLeft({ folder, users }: Run, after: string): Promise<void> {
  let left: readonly string[] = [];
  const isGone = async () => {
    left = [...leftIn(folder), ...(await claimsIn(folder)), ...(await wallsOf({ folder, users }))];
    return left.length === 0;
  };
  await until(isGone, "nothing is left", 30_000).catch(() =>
    assert.deepEqual(left, [], `left after ${after}`),
  );
}

function leftIn(folder: string): string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return [
    ...readdirSync(folder),
    ...processesOf(folder).map(({ argv }) => argv),
    ...mounts.filter((line) => line.includes(folder)),
  ];
}

async function claimsIn(folder: string): Promise<string[]> {
  const claimed = await claimedUsers();
  return claimed.map(({ home }) => home).filter((home) => home.startsWith(folder));
}

/** What the kernel keeps apart for users, unless they are another home's by now. */
async function wallsOf({ folder, users }: Pick<Run, "folder" | "users">): Promise<string[]> {
  if (!isRoot) return [];
  const tables = await exec(["nft", "list", "tables"]).catch(() => "");
  const groups = await exec(["find", "/sys/fs/cgroup", "-maxdepth", "3", "-path", "*/berth/u*"]);
  const claimed = await claimedUsers();
  const isOthers = (user: number) =>
    claimed.some(({ home, first }) => first === user && !home.startsWith(folder));
  return users
    .filter((first) => !isOthers(first))
    .flatMap((first) => `${tables}${groups}`.match(new RegExp(`.*u${first}$`, "gm")) ?? []);
}
