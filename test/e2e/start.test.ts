import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { bareEnv, ended, start } from "#lib/exec.ts";
import { processesOf } from "../processes.ts";
import { startPlatform, until } from "../platform.ts";

const checkout = join(import.meta.dirname, "../..");

test("npm start's command deploys the sample on an empty home, and Ctrl-C stops all it started", async () => {
  await using platform = await startPlatform();
  assert.equal((await platform.berth("down")).code, 0);
  const program = [
    join(checkout, "node_modules/node/bin/node"),
    join(checkout, "dist/bin/cli.js"),
  ] as const;
  const child = start([...program, "--home", platform.home, "start"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...bareEnv, HOME: platform.folder },
  });
  const end = ended(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  }
  try {
    await until(async () => said.includes("Ctrl-C stops it"), "started", 40_000);
    const { ports } = platform;
    assert.match(said, new RegExp(`http://hello\\.localhost:${ports.direct}`));
    assert.match(said, new RegExp(`ssh://\\S+@localhost:${ports.ssh}/`));
    assert.match(said, new RegExp(`http://127\\.0\\.0\\.1:${ports.api}`));
    assert.equal((await platform.visit("hello.localhost")).body, "Hello from Berth!\n");
  } finally {
    child.kill("SIGINT");
  }
  assert.deepEqual(await end, { code: 0, signal: null }, said);
  assert.deepEqual(processesOf(platform.home), []);
});
