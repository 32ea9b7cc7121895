import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile, rmdir } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inputBytesMax, sessionFrames } from "#domain/runner.ts";
import { encodeFrame } from "#lib/frames.ts";
import { until } from "../platform.ts";
import { named, run, talking, type World } from "./world.ts";

export function commandTests(world: World): void {
  const { ask, open, makeCgroup, processesOf } = world;
  test("who prints without end to somebody who never reads waits, and ends with them", async () => {
    const small = await memoryOf(world.pid());
    const deaf = await open();
    deaf.pause();
    const asked = { ...named(), program: talking("yes 0123456789abcdef") };
    deaf.write(`${JSON.stringify({ verb: "runCommand", args: asked })}\n`);
    await until(async () => (await processesOf(1)).length > 0, "it runs");
    await sleep(2000);
    const grown = (await memoryOf(world.pid())) - small;
    assert.ok(grown < 64 * 1024 ** 2, `it grew by ${Math.round(grown / 1024 ** 2)} MB`);
    deaf.destroy();
    await until(async () => (await processesOf(1)).length === 0, "it has ended");
  });

  test("who sends without end to a command that never reads waits, and ends it by leaving", async () => {
    const small = await memoryOf(world.pid());
    const sender = await open();
    const asked = { ...named(), program: talking("exec sleep 600", { takesInput: true }) };
    sender.write(`${JSON.stringify({ verb: "runCommand", args: asked })}\n`);
    const piece = encodeFrame(sessionFrames.input, Buffer.alloc(inputBytesMax));
    await new Promise((listens) => sender.once("data", listens));
    for (let bytes = 0; bytes < 64 * 1024 ** 2; bytes += piece.length) sender.write(piece);
    await until(async () => (await processesOf(1)).length > 0, "it runs");
    await sleep(500);
    const grown = (await memoryOf(world.pid())) - small;
    assert.ok(grown < 32 * 1024 ** 2, `it grew by ${Math.round(grown / 1024 ** 2)} MB`);
    assert.ok((await processesOf(1)).length > 0, "it runs on");
    sender.destroy();
    await until(async () => (await processesOf(1)).length === 0, "it has ended");
  });

  test("what is run is an app's user, in its cgroup, and can never be more, whatever berthd asks for", async () => {
    const name = `c${randomUUID()}`;
    const uid = world.usersFrom + 1;
    const cgroups = await makeCgroup(uid, name);
    const line = `id -u; id -g; id -G; grep -E "^(Uid|Gid|Groups|Cap|NoNewPrivs)" /proc/self/status
      cat /proc/self/cgroup; chroot / true; kill -0 1; cat ${world.home}/run/root/fence.nft; su -c true`;
    const ran = await ask({
      verb: "runCommand",
      args: { ...run, name, isConfined: true, program: talking(line) },
    });
    const said = ran.output;
    assert.match(
      said,
      new RegExp(`^${uid}\n${uid}\n${uid}\nUid:(\t${uid}){4}\nGid:(\t${uid}){4}\n`),
    );
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      assert.match(said, new RegExp(`^${set}:\t0{16}$`, "m"));
    assert.match(said, /^NoNewPrivs:\t1$/m);
    assert.notEqual((ran.value as { code: number }).code, 0);
    const standing = said.split("\n").filter((it) => it.endsWith(`/u${uid}/${name}`));
    assert.equal(standing.length, cgroups.length, said);
    // A cgroup that is not there is none to run in.
    const lost = { ...named(), isConfined: true };
    const refused = await ask({ verb: "runCommand", args: lost });
    assert.notEqual((refused.value as { code: number } | undefined)?.code ?? 1, 0);
    for (const folder of cgroups) await rmdir(folder);
  });
}

async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
