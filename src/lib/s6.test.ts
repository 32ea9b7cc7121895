import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { superviseFolder, temporaryFolder } from "../../test/machine.ts";
import { exec } from "./exec.ts";
import { isSupervised, orderScan, orderService, statusOf } from "./s6.ts";

test("orders are taken, and a service's state is what s6's own program tells", async () => {
  await using folder = await temporaryFolder();
  const service = join(folder.path, "service");
  await mkdir(service);
  const script = (body: string) => `#!/bin/sh\n${body}\n`;
  await writeFile(join(service, "run"), script("exec sleep 1000"), { mode: 0o700 });
  await writeFile(join(service, "finish"), script("exec sleep 0.5"), { mode: 0o700 });
  await using _supervision = await superviseFolder(folder.path);
  const states: string[] = [];
  const untilState = async (wanted: string) => {
    for (let state = ""; state !== wanted; await sleep(5)) {
      state = await stateOf(service);
      assert.ok(states.push(state) < 1000, `${wanted}: ${states.slice(-5).join(", ")}`);
    }
    if (wanted === "gone") return;
    const told = await exec(["s6-svstat", "-o", "up,wantedup,pid", service]);
    const { up, wantedUp, pid } = (await statusOf(service)) ?? {};
    assert.equal(told.trim(), `${up} ${wantedUp} ${pid ?? -1}`, wanted);
  };
  await untilState("up, wanted up");
  assert.ok(orderService("O", service));
  await untilState("up, wanted down");
  assert.ok(orderService("u", service));
  await untilState("up, wanted up");
  const { pid, sinceMs = NaN } = (await statusOf(service)) ?? {};
  assert.ok(sinceMs >= 0 && sinceMs < 60_000, `${sinceMs} ms`);
  assert.ok(orderService("dk", service));
  await untilState("down, wanted down");
  assert.throws(() => process.kill(pid ?? 0, 0), { code: "ESRCH" });
  assert.ok(orderService("x", service));
  await untilState("gone");
});

test("where nobody supervises nothing is ordered, and nothing is known", async () => {
  await using folder = await temporaryFolder();
  const service = join(folder.path, "service");
  assert.deepEqual(answersOf(service), [false, false, false]);
  await mkdir(join(service, "supervise"), { recursive: true });
  await mkdir(join(service, ".s6-svscan"));
  for (const control of ["supervise/control", ".s6-svscan/control"])
    await exec(["mkfifo", join(service, control)]);
  await writeFile(join(service, "supervise/status"), Buffer.alloc(35));
  assert.deepEqual(answersOf(service), [false, false, false]);
  assert.equal(await statusOf(service), null);
});

function answersOf(folder: string): boolean[] {
  return [isSupervised(folder), orderService("u", folder), orderScan("a", folder)];
}

async function stateOf(service: string): Promise<string> {
  const status = await statusOf(service);
  const word = (isUp: boolean) => (isUp ? "up" : "down");
  return status === null ? "gone" : `${word(status.up)}, wanted ${word(status.wantedUp)}`;
}
