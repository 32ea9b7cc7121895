/**
 * What walls cost an instance: the time from asking for it until it answers, and its memory with the
 * kernel's own for it, beside the same program started bare under the same s6, in turn in one run.
 */
import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { instanceLimits } from "#domain/limits.ts";
import { joinFiles, userOf } from "#domain/realm.ts";
import { Cgroups } from "#drivers/privileges/cgroups.ts";
import { exec } from "#lib/exec.ts";
import { execlineTool, renderExecline } from "#lib/execline.ts";
import { readIfThere, removeTree, writeAtomic } from "#lib/files.ts";
import { entryWords } from "#privileged/entry.ts";
import { freePort, superviseFolder, temporaryFolder, tools } from "../test/machine.ts";
import { isRoot, startPrivileges, type PrivilegedWorld } from "../test/privileges.ts";
import { median, ms, verdict } from "./numbers.ts";

const targets = { startMsMax: 15, memoryMbMax: 3 };
const server = `require("node:net").createServer((it) => it.end()).listen(process.env.PORT, "127.0.0.1")`;
const bareId = 1_000_000;
const countedFrom = 1_000_000;

const { values } = parseArgs({
  options: { runs: { type: "string", default: "40" }, json: { type: "boolean", default: false } },
});
const runs = Math.min(200, Math.max(10, Number(values.runs)));

assert.ok(isRoot, "Only root can put the walls up: run it as root.");
await using folder = await temporaryFolder();
await using world = await startPrivileges(folder.path);
await using _supervision = await superviseFolder(world.layout.scan);
await world.artifact(1, { "server.js": server });

const cgroups = new Cgroups(world.realm.cgroups, async () => {});
const taken = { walled: [] as Sample[], bare: [] as Sample[] };
// The first of each warms the disk up.
for (let run = 0; run <= runs; run += 1) {
  const walled = await startWalled(world, run + 1);
  const bare = await startBare(world, bareId + run);
  if (run === 0) continue;
  taken.walled.push(walled);
  taken.bare.push(bare);
}
const [walled, bare] = [middleOf(taken.walled), middleOf(taken.bare)];
const costMs = walled.startMs - bare.startMs;
const costMb = walled.memoryMb - bare.memoryMb;
console.log(
  values.json
    ? JSON.stringify({ runs, walled, bare, costMs, costMb }, null, 2)
    : [
        `An instance behind its walls, and the same program bare (medians of ${runs})`,
        `  start until it answers  ${ms(walled.startMs)}, bare ${ms(bare.startMs)}: ${ms(costMs)} more  (under ${targets.startMsMax}: ${verdict(costMs < targets.startMsMax)})`,
        `  of it processor time    ${ms(walled.cpuMs)}, bare ${ms(bare.cpuMs)}: ${ms(walled.cpuMs - bare.cpuMs)} more`,
        `  memory                  ${mb(walled.memoryMb)}, bare ${mb(bare.memoryMb)}: ${mb(costMb)} more  (under ${targets.memoryMbMax}: ${verdict(costMb < targets.memoryMbMax)})`,
      ].join("\n"),
);

type Sample = {
  readonly startMs: number;
  /** Processor time of everything that became the instance, which a busy machine changes less. */
  readonly cpuMs: number;
  readonly memoryMb: number;
};

async function startWalled(
  { privileges, logFolder }: PrivilegedWorld,
  id: number,
): Promise<Sample> {
  const port = await freePort();
  const logName = `1/${id}-web.1`;
  await logFolder(logName);
  const startedMs = performance.now();
  await privileges.startInstance({
    id,
    user: 1,
    artifactId: 1,
    command: "exec node server.js",
    env: { PORT: String(port) },
    limits: instanceLimits,
    network: "open",
    port,
    logName,
  });
  await untilAnswers(port);
  const startMs = performance.now() - startedMs;
  const used = await useOf(`i${id}`);
  await privileges.stopInstance(id, 0);
  return { startMs, ...used };
}

/** The same supervision and log, and nothing else. */
async function startBare({ layout }: PrivilegedWorld, id: number): Promise<Sample> {
  const port = await freePort();
  const service = layout.service(id);
  const log = ["s6-log", "-l", "65536", "n10", "s1000000", "T", join(folder.path, `log-${id}`)];
  const startedMs = performance.now();
  await writeBare(service, { log, port });
  await symlink(service, layout.link(id));
  await exec(["s6-svscanctl", "-an", layout.scan]);
  await untilAnswers(port);
  const startMs = performance.now() - startedMs;
  await end(id);
  return { startMs, ...(await bareUse(id + countedFrom)) };
}

/** Once more, in a cgroup that only counts: joining it is no part of a bare start. */
async function bareUse(id: number): Promise<Omit<Sample, "startMs">> {
  const { layout, realm, privileges } = world;
  const cgroup = { uid: uidOfApp(), name: `b${id}` };
  const port = await freePort();
  cgroups.create(cgroup, instanceLimits);
  await privileges.call("admitApp", { user: 1, network: "open", port });
  const log = ["s6-log", join(folder.path, `log-${id}`)];
  await writeBare(layout.service(id), {
    log,
    port,
    first: entryWords({ cgroups: joinFiles(realm, cgroup) }),
  });
  await symlink(layout.service(id), layout.link(id));
  await exec(["s6-svscanctl", "-an", layout.scan]);
  await untilAnswers(port);
  const used = await useOf(cgroup.name);
  await end(id);
  await privileges.call("closePort", { user: 1, port });
  await cgroups.remove(cgroup);
  return used;
}

async function writeBare(
  service: string,
  { log, port, first = [] }: { log: string[]; port: number; first?: string[] },
): Promise<void> {
  const tree = world.layout.artifact(1);
  const program = [...first, "env", `PORT=${port}`, tools.node, join(tree, "server.js")];
  await mkdir(join(service, "log"), { recursive: true });
  const script = renderExecline([[execlineTool("fdmove"), "-c", "2", "1"], program], {
    args: "-P",
  });
  await writeAtomic(join(service, "run"), script, 0o700);
  await writeAtomic(join(service, "log", "run"), renderExecline([log], { args: "-P" }), 0o700);
}

async function end(id: number): Promise<void> {
  const { layout } = world;
  const service = layout.service(id);
  await exec(["rm", "-f", layout.link(id)]);
  await exec(["s6-svc", "-xdk", service]);
  await exec(["s6-svc", "-xd", join(service, "log")]);
  await exec(["s6-svscanctl", "-an", layout.scan]);
  await exec(["s6-svwait", "-D", "-t", "2000", service]).catch(() => {});
  await removeTree(service);
}

async function untilAnswers(port: number): Promise<void> {
  while (!(await answers(port))) await sleep(1);
}

function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** When it has come to rest. */
async function useOf(name: string): Promise<Omit<Sample, "startMs">> {
  await sleep(300);
  const folders = joinFiles(world.realm, { uid: uidOfApp(), name }).map((file) => dirname(file));
  const read = async (files: readonly string[]) => {
    const paths = folders.flatMap((at) => files.map((file) => join(at, file)));
    return (await Promise.all(paths.map(readIfThere))).find((text) => text !== null) ?? "";
  };
  const [stat, usedBytes, memory] = await Promise.all([
    read(["cpu.stat"]),
    read(["memory.current", "memory.usage_in_bytes"]),
    read(["memory.stat"]),
  ]);
  const usedUs = Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]);
  const droppable = Number(/^(?:total_)?inactive_file (\d+)$/m.exec(memory)?.[1]);
  return { cpuMs: usedUs / 1000, memoryMb: (Number(usedBytes) - droppable) / 1024 ** 2 };
}

function uidOfApp(): number {
  return userOf(world.realm, 1).uid;
}

function middleOf(samples: readonly Sample[]): Sample {
  return {
    startMs: median(samples.map(({ startMs }) => startMs)),
    cpuMs: median(samples.map(({ cpuMs }) => cpuMs)),
    memoryMb: median(samples.map(({ memoryMb }) => memoryMb)),
  };
}

function mb(value: number): string {
  return `${value.toFixed(1)} MB`;
}
