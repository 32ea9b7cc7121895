import assert from "node:assert/strict";
import { lstat, readdir } from "node:fs/promises";
import { test } from "node:test";
import { relayWords } from "#drivers/privileges/relay.ts";
import { exec } from "#lib/exec.ts";
import { readIfThere } from "#lib/files.ts";
import { until } from "../platform.ts";
import { account, named, shell, type World } from "./world.ts";

export function endTests(world: World): void {
  const { ask, startInstance, processesOf } = world;
  test("killed at any moment it loses nothing: instances go on, commands end, the next one goes on", async () => {
    const service = await startInstance();
    const pidOf = () => exec(["s6-svstat", "-o", "pid", service], account);
    await until(async () => Number(await pidOf()) > 0, "it runs");
    const pid = await pidOf();
    const sandboxed = ["bwrap", "--unshare-all", "--die-with-parent", "--bind", "/", "/", "--"];
    const { argv: line } = shell("setsid sleep 983 & sleep 983");
    const argv = [...relayWords({ takesInput: false }), ...sandboxed, ...line];
    const running = ask({
      verb: "runCommand",
      args: { ...named(), program: { argv, files: [] } },
    });
    await until(async () => (await processesOf(1)).length >= 5, "the command runs");
    await world.restart();
    assert.equal((await running).value, undefined);
    assert.equal(await pidOf(), pid);
    await until(
      async () => !(await commandLines()).includes("sleep\x00983"),
      "the command is gone",
    );
    await exec(["s6-svc", "-dk", service], account);
    await until(async () => (await processesOf(1)).length === 0, "the instance has ended");
    assert.equal((await ask({ verb: "removeInstance", args: { id: 1 } })).value, null);
    await assert.rejects(lstat(service), { code: "ENOENT" });
  });

  test("the audit has a line for each call, with what is run, and nothing of its files", async () => {
    const secret = Buffer.from("s3cret-value").toString("base64");
    const program = { ...shell("true # shown"), files: [secret] };
    const open = Array.from({ length: 3000 }, (_, index) => index + 1);
    const all = { open, kept: open, instances: { min: 61_500, max: 61_800 } };
    assert.equal((await ask({ verb: "setPorts", args: all })).value, null);
    await ask({ verb: "runCommand", args: { ...named(), program } });
    const lines = world
      .audit()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.ok(lines.length > 150, `${lines.length} lines`);
    for (const { at, by, verb, outcome } of lines) {
      assert.match(String(at), /^\d{4}-\d\d-\d\dT/);
      assert.equal(by, account.uid);
      assert.ok(verb && outcome);
    }
    const longest = Math.max(...lines.map((line) => JSON.stringify(line).length));
    assert.ok(longest < 8192, `one call can fill the log: ${longest} characters`);
    for (const [line, outcome] of [
      [lines.at(-2), "begun"],
      [lines.at(-1), "ok"],
    ] as const) {
      assert.equal(line?.["outcome"], outcome);
      assert.match(JSON.stringify(line), /"argv":\["\/bin\/sh","-c","true # shown"\]/);
    }
    assert.ok(!world.audit().includes("s3cret-value") && !world.audit().includes(secret));
  });
}

async function commandLines(): Promise<string> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => readIfThere(`/proc/${pid}/cmdline`).catch(() => ""));
  return (await Promise.all(lines)).join("\n");
}
