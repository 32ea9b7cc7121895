/** What berthd costs while nothing happens: its memory and its processor time with many apps. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exec } from "#lib/exec.ts";
import { startPlatform, webApp, type Platform } from "../test/platform.ts";
import { verdict } from "./numbers.ts";

const targets = { residentMbMax: 120, cpuPercentMax: 0.5 };

const { values } = parseArgs({
  options: {
    apps: { type: "string", default: "100" },
    seconds: { type: "string", default: "60" },
    json: { type: "boolean", default: false },
  },
});
const apps = Math.min(100, Math.max(1, Number(values.apps)));
const seconds = Math.min(600, Math.max(5, Number(values.seconds)));

await using platform = await startPlatform();
for (let count = 1; count <= apps; count += 1) await addApp(platform, `app-${count}`);
const pid = await berthdPid(platform);
await untilCollected(pid);
const before = await cpuSecondsOf(pid);
await new Promise((wait) => setTimeout(wait, seconds * 1000));
const cpuPercent = (((await cpuSecondsOf(pid)) - before) / seconds) * 100;
const residentMb = await residentMbOf(pid);

console.log(
  values.json
    ? JSON.stringify({ apps, seconds, residentMb, cpuPercent }, null, 2)
    : [
        `berthd idle with ${apps} apps, over ${seconds} s`,
        `  resident memory  ${residentMb.toFixed(0)} MB  (under ${targets.residentMbMax}: ${verdict(residentMb < targets.residentMbMax)})`,
        `  processor        ${cpuPercent.toFixed(2)} %  (under ${targets.cpuPercentMax}: ${verdict(cpuPercent < targets.cpuPercentMax)})`,
      ].join("\n"),
);

async function addApp(berth: Platform, name: string): Promise<void> {
  assert.equal((await berth.berth("apps:create", name)).code, 0);
  const pushed = await berth.push(await berth.tree(webApp(name)), name);
  assert.equal(pushed.code, 0, pushed.stderr);
}

async function berthdPid(berth: Platform): Promise<number> {
  return Number(await exec(["s6-svstat", "-o", "pid", join(berth.home, "run/scan/berthd")]));
}

/**
 * What deploys left behind is collected some eight seconds later, for a tenth of a second: ten calm
 * seconds in a row tell that it is done. The rest is what stays.
 */
async function untilCollected(process: number): Promise<void> {
  let usedS = await cpuSecondsOf(process);
  for (let [calm, waited] = [0, 0]; calm < 10 && waited < 30; waited += 1) {
    await new Promise((wait) => setTimeout(wait, 1000));
    const nowS = await cpuSecondsOf(process);
    calm = nowS - usedS < 0.015 ? calm + 1 : 0;
    usedS = nowS;
  }
}

/** What a process's threads have had of the processors, to the nanosecond. */
async function cpuSecondsOf(process: number): Promise<number> {
  const threads = await readdir(`/proc/${process}/task`);
  const texts = threads.map((id) => readFile(`/proc/${process}/task/${id}/schedstat`, "utf8"));
  const sum = (await Promise.all(texts)).reduce((all, text) => all + Number(text.split(" ")[0]), 0);
  return sum / 1e9;
}

async function residentMbOf(process: number): Promise<number> {
  const text = await readFile(`/proc/${process}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024;
}
