import assert from "node:assert/strict";
import { test } from "node:test";
import { buildLimits } from "#domain/limits.ts";
import { sessionFrames, type Runner, type SandboxCommand } from "#domain/runner.ts";
import { framesOf, type Frame } from "#lib/frames.ts";

export type RunnerWorld = AsyncDisposable & {
  readonly runner: Runner;
  /** Command lines that print `hello`, end with code 5, die of SIGSEGV, and last for ever. */
  readonly commands: Readonly<Record<"prints" | "fails" | "dies" | "lasts", string>>;
};

/** What every runner promises. */
export function runnerContract(name: string, create: () => Promise<RunnerWorld>): void {
  const check = (sentence: string, body: (world: RunnerWorld, run: Run) => Promise<void>) => {
    test(`${name}: ${sentence}`, async () => {
      await using world = await create();
      await body(world, runIn(world));
    });
  };

  check("a command's output comes as it is, and its good end", async ({ commands }, run) => {
    const { outcome, output } = await run(commands.prints);
    assert.deepEqual(outcome, { code: 0, signal: null, timedOut: false });
    assert.equal(output, "hello\n");
  });

  check("an exit code is told apart from a signal", async ({ commands }, run) => {
    const failed = await run(commands.fails);
    assert.deepEqual(failed.outcome, { code: 5, signal: null, timedOut: false });
    const died = await run(commands.dies);
    assert.deepEqual(died.outcome, { code: null, signal: "SIGSEGV", timedOut: false });
  });

  check("a command that takes too long is ended", async ({ commands }, run) => {
    const { outcome } = await run(commands.lasts, { timeoutMs: 200 });
    assert.equal(outcome.timedOut, true);
  });

  check("a command ends when its caller gives it up", async ({ commands }, run) => {
    const abort = new AbortController();
    const ended = run(commands.lasts, { signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    const { outcome } = await ended;
    assert.equal(outcome.timedOut, false);
    assert.notEqual(outcome.code, 0);
  });

  check("nothing begins for a caller who has given up already", async ({ commands }, run) => {
    const { outcome, output } = await run(commands.prints, { signal: AbortSignal.abort() });
    assert.notEqual(outcome.code, 0);
    assert.equal(output, "");
  });

  check("a session gives the output, then the end", async ({ runner, commands }) => {
    const { signal } = new AbortController();
    let seen = "";
    const onOutput = (chunk: Uint8Array) => void (seen += Buffer.from(chunk).toString());
    const asked = { terminal: null, timeoutMs: 10_000, signal, onOutput };
    const session = runner.open(commandOf(commands.prints), asked);
    const frames: Frame[] = [];
    for await (const frame of framesOf(session.bytes, 1_000_000)) frames.push(frame);
    const texts = frames.map(({ type, payload }) => [type, payload.toString()]);
    const outcome = { code: 0, signal: null, timedOut: false };
    assert.deepEqual(texts, [
      [sessionFrames.output, "hello\n"],
      [sessionFrames.result, JSON.stringify({ value: outcome })],
    ]);
    assert.deepEqual(await session.outcome, outcome);
    assert.equal(seen, "hello\n");
  });
}

type Run = (
  command: string,
  overrides?: { timeoutMs?: number; signal?: AbortSignal },
) => Promise<{ outcome: Awaited<ReturnType<Runner["run"]>>; output: string }>;

function runIn({ runner }: RunnerWorld): Run {
  return async (command, overrides = {}) => {
    const chunks: Uint8Array[] = [];
    const outcome = await runner.run(commandOf(command), {
      onOutput: (chunk) => chunks.push(chunk),
      signal: new AbortController().signal,
      timeoutMs: 10_000,
      ...overrides,
    });
    return { outcome, output: Buffer.concat(chunks).toString("utf8") };
  };
}

function commandOf(command: string): SandboxCommand {
  const app = { id: 1, userNumber: 1, network: "open" } as const;
  return { command, app, artifactId: 1, building: false, env: {}, limits: buildLimits };
}
