/** What berthd costs while nothing happens: its memory and its processor time with many apps. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exec } from "#lib/exec.ts";
import { startPlatform, webApp, type Platform } from "../test/platform.ts";
import { verdict } from "./numbers.ts";

const targets = { residentMbMax: 120, cpuPercentMax: 0.5 };
/** Ticks in which the kernel counts processor time. @see proc(5), sysconf(3) _SC_CLK_TCK */
const ticksPerSecond = 100;

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
// What the deploys left behind is collected first; the rest is what stays.
await new Promise((wait) => setTimeout(wait, 5000));
const pid = await berthdPid(platform);
const before = await ticksOf(pid);
await new Promise((wait) => setTimeout(wait, seconds * 1000));
const cpuPercent = (((await ticksOf(pid)) - before) / ticksPerSecond / seconds) * 100;
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

/** User and system time of a process. */
async function ticksOf(process: number): Promise<number> {
  const text = await readFile(`/proc/${process}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

async function residentMbOf(process: number): Promise<number> {
  const text = await readFile(`/proc/${process}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024;
}
