import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commit, startPlatform, until, webApp } from "../platform.ts";
import { processesOf } from "../processes.ts";
import { runProgram } from "../programs.ts";

/** Apps that run, and what is asked of them while something else breaks. */
export type World = Awaited<ReturnType<typeof startWorld>>;

export async function startWorld() {
  const platform = await startPlatform("disk_floor_mb: 0\n");
  await mkdir(join(platform.home, "config/repo"));
  await writeFile(
    join(platform.home, "config/repo/deaf.yml"),
    "branches:\n  main:\n    timing: {stop_timeout_s: 1}\n",
  );
  await deploy("solid", webApp("solid"));
  /** The tree of an app whose builds take a moment. */
  const slow = await deploy("slow", { ...webApp("slow 0"), ".build.sh": "#!/bin/sh\n" });

  async function assertDown(): Promise<void> {
    const down = await platform.berth("down");
    assert.equal(down.code, 0, down.stderr);
    const left = processesOf(platform.home);
    assert.deepEqual(
      left.map(({ argv }) => argv),
      [],
    );
  }

  async function deploy(app: string, files: Readonly<Record<string, string>>): Promise<string> {
    await platform.berth("apps:create", app);
    const tree = await platform.tree(files);
    if (files[".build.sh"] !== undefined) {
      await runProgram(["chmod", "+x", join(tree, ".build.sh")]);
      await commit(tree, {});
    }
    const pushed = await platform.push(tree, app);
    assert.equal(pushed.code, 0, pushed.stderr);
    return tree;
  }

  async function serves(app: string): Promise<boolean> {
    const answer = await platform.visit(`${app}.localhost`).catch(() => null);
    return answer?.status === 200;
  }

  async function untilBerthd(): Promise<void> {
    await until(async () => (await platform.berth("apps")).code === 0, "berthd answers", 15_000);
  }

  return {
    platform,
    slow,
    deploy,
    serves,
    untilBerthd,
    assertDown,
    [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
  };
}
