import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { buildLimits } from "#domain/limits.ts";
import { sessionFrames } from "#domain/runner.ts";
import { exists, readIfThere } from "#lib/files.ts";
import {
  commandLines,
  countProcesses,
  sleep,
  sleeping,
  startWorld,
  until,
} from "../../../test/supervised.ts";

test("a command builds in the growing tree, cannot write outside of it, and is bounded in time", async () => {
  await using world = await startWorld();
  const { home } = world;
  const tree = await world.growing(7);
  await world.privileges.call("handOverArtifact", { artifactId: 7, user: 1 });
  const app = { id: 1, userNumber: 1, network: "open" } as const;
  const build = { app, artifactId: 7, building: true, limits: buildLimits };
  const output: string[] = [];
  const options = {
    onOutput: (chunk: Uint8Array) => output.push(Buffer.from(chunk).toString()),
    signal: new AbortController().signal,
  };
  const good = await world.runner.run(
    {
      ...build,
      env: { NAME: "x" },
      command:
        "echo $NAME > made; cat made; echo by name > /dev/stderr; touch /tmp/x /cache/x ~/x; touch /usr/x || touch /x || exit 3",
    },
    { ...options, timeoutMs: 5000 },
  );
  assert.deepEqual(good, { code: 3, signal: null, timedOut: false });
  assert.match(output.join(""), /^x\n/);
  assert.match(output.join(""), /^by name$/m);
  assert.equal(await readIfThere(join(tree, "made")), "x\n");
  const slow = await world.runner.run(
    { ...build, env: {}, command: sleep },
    { ...options, timeoutMs: 200 },
  );
  assert.equal(slow.timedOut, true);
  assert.equal(await countProcesses(sleeping), 0);
  assert.equal(await exists(join(home, "data/caches/1/x")), true);
  assert.deepEqual(await readdir(join(home, "data/scratch")), []);
});

test("a one-off command has a terminal of its own: size, keys, job control, exit code", async () => {
  await using world = await startWorld();
  const talk = await world.talk(
    `ls /dev/pts; stty size; test -t 0 && test -t 1 && echo a terminal; read line; echo got $line; ${sleep}; echo gone on`,
  );
  await talk.until(/^ptmx\r\n30 100\r\na terminal\r\n/);
  talk.send(sessionFrames.input, "typed\r");
  await talk.until(/got typed/);
  talk.send(sessionFrames.input, "\u0003");
  assert.deepEqual(await talk.outcome, { code: null, signal: "SIGINT", timedOut: false });
  assert.equal(await countProcesses(sleeping), 0);

  const resized = await world.talk(
    "trap 'stty size; exit 9' WINCH; echo ready; sleep 5 & wait; wait",
  );
  await resized.until(/ready/);
  resized.send(sessionFrames.resize, '{"columns":77,"rows":11}');
  resized.send(sessionFrames.resize, "nonsense");
  await resized.until(/11 77/);
  assert.equal((await resized.outcome)?.code, 9);
});

test("a command in a terminal ends with whoever talks to it, and so does all it started", async () => {
  await using world = await startWorld();
  const talk = await world.talk(`setsid ${sleep} & echo ready; ${sleep}`);
  await talk.until(/ready/);
  talk.close();
  await until(async () => (await countProcesses(sleeping)) === 0);
  await until(async () => (await countProcesses(join(world.home, "data/scratch"))) === 0);
});

test("a command that is lost says so, and leaves nothing", async () => {
  await using world = await startWorld();
  const lost = assert.rejects(world.run(sleep), { code: "helper_lost" });
  await until(async () => (await countProcesses(sleeping)) > 0);
  for (const [pid, line] of await commandLines())
    if (line.startsWith("perl\0") && line.includes(sleep)) process.kill(pid, "SIGKILL");
  await lost;
  await until(async () => (await countProcesses(sleeping)) === 0);
  await until(async () => (await readdir(join(world.home, "data/scratch"))).length === 0);
});
