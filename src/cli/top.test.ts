import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { createFakeClient } from "../../test/fake-client.ts";
import type { Context } from "./command.ts";
import { createOutput } from "./output.ts";
import { openScreen } from "./screen.ts";
import { topCommands } from "./top.ts";

function contextFor(json: boolean): { context: Context; text: () => string } {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const out = createOutput({ stdout, stderr, tty: false, json, local: true, colour: true });
  const signal = new AbortController().signal;
  const context = { client: createFakeClient(), out, stdout, signal } as unknown as Context;
  return { context, text: () => String(stdout.read() ?? "") };
}

test("without a terminal, top prints what is so once", async () => {
  const { context, text } = contextFor(false);
  await topCommands[0]?.run(context);
  const lines = text().split("\n");
  assert.equal(lines[0], "1 apps: 1 running, 0 starting, 0 crashing");
  assert.match(lines[2] ?? "", /^APP +STATE +INSTANCES +RELEASE +CPU +MEMORY$/);
  assert.match(lines[3] ?? "", /^shop +running +1\/1 +v5 /);
  assert.match(lines[4] ?? "", /^ {2}web\.1 +crashing/);
});

test("top --json gives each branch with its instances", async () => {
  const { context, text } = contextFor(true);
  await topCommands[0]?.run(context);
  const [shop] = JSON.parse(text()) as { target: string; instances: { name: string }[] }[];
  assert.deepEqual([shop?.target, shop?.instances[0]?.name], ["shop", "web.1"]);
});

test("a screen shows what fits, made safe, and is left as it was found", () => {
  const terminal = Object.assign(new PassThrough(), { columns: 10, rows: 3 });
  {
    using screen = openScreen(terminal);
    screen.draw(["0123456789abc", "evil \u001b[2J", "third"]);
  }
  const text = String(terminal.read());
  assert.ok(text.startsWith("\u001b[?1049h") && text.endsWith("\u001b[?1049l"));
  assert.ok(text.includes("0123456789\u001b[K") && !text.includes("abc"));
  assert.ok(!text.includes("\u001b[2J") && !text.includes("third"));
});
