import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import type { TestContext } from "node:test";
import type { Engine } from "#engine/engine.ts";
import { bareEnv, ended, start } from "#lib/exec.ts";
import { removeTree } from "#lib/files.ts";
import { apiSocketOf, runCli, type CliOptions } from "#cli/run-cli.ts";
import { createHttpServer } from "#server/http/server.ts";
import { createFakeEngine, type FakeEngine } from "./fake-engine.ts";
import { temporaryFolder, tools } from "./machine.ts";

type Result = { readonly code: number; readonly out: string; readonly err: string };

/** The CLI as a program of its own, since what it starts has the program's own terminal. */
export async function runProgram(
  home: string,
  words: readonly string[],
  input: string | null = null,
): Promise<Result> {
  const cli = join(import.meta.dirname, "../src/bin/cli.ts");
  const child = start([tools.node, cli, "--home", home, ...words], {
    stdio: [input === null ? "ignore" : "pipe", "pipe", "pipe"],
    env: bareEnv,
  });
  child.stdin?.end(input);
  const texts = { out: "", err: "" };
  child.stdout?.on("data", (chunk) => (texts.out += String(chunk)));
  child.stderr?.on("data", (chunk) => (texts.err += String(chunk)));
  const { code } = await ended(child);
  return { code: code ?? -1, ...texts };
}

type World = {
  readonly engine: FakeEngine;
  readonly home: string;
  readonly berth: (words: string, more?: Partial<CliOptions>) => Promise<Result>;
};

export async function startWorld(t: TestContext, overrides: Partial<Engine> = {}): Promise<World> {
  const engine = createFakeEngine(overrides);
  const folder = await temporaryFolder();
  t.after(() => removeTree(folder.path));
  const home = folder.path;
  await mkdir(join(home, "run"));
  const server = createHttpServer({
    engine,
    version: "1",
    tokenOk: () => false,
    log: { error: ({ err }: { err?: unknown }) => assert.fail(String(err)) },
  });
  t.after(() => server[Symbol.asyncDispose]());
  await server.listenSocket(apiSocketOf(home));
  const berth = async (words: string, more: Partial<CliOptions> = {}): Promise<Result> => {
    const texts = { out: "", err: "" };
    const stdout = new PassThrough().on("data", (chunk) => (texts.out += String(chunk)));
    const stderr = new PassThrough().on("data", (chunk) => (texts.err += String(chunk)));
    const code = await runCli({
      argv: words.split(" "),
      home,
      actor: "ann",
      colour: true,
      stdin: Readable.from([]),
      stdout,
      stderr,
      tty: false,
      terminal: "dumb",
      directory: home,
      local: true,
      lifecycle: null,
      version: "1.2.3",
      ...more,
    });
    return { code, ...texts };
  };
  return { engine, home, berth };
}
