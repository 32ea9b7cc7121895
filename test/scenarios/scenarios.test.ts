import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { commit, startPlatform, type Platform } from "../platform.ts";
import type { Ran } from "../programs.ts";
import { firstMissing, parseScenario, type Step } from "./parse-scenario.ts";

const folder = import.meta.dirname;

for (const name of readdirSync(folder).filter((it) => it.endsWith(".txt"))) {
  test(`scenario: ${name.replace(/\.txt$/, "").replaceAll("-", " ")}`, async () => {
    const steps = parseScenario(readFileSync(join(folder, name), "utf8"));
    assert.ok(
      steps.some((step) => step.kind === "run" && step.stdout.length + step.stderr.length > 0),
    );
    await using platform = await startPlatform();
    await play(platform, steps, name);
  });
}

async function play(platform: Platform, steps: readonly Step[], name: string): Promise<void> {
  const trees = new Map<string, string>();
  for (const step of steps) {
    if (step.kind === "file") await writeInto(platform, trees, step);
    else check(step, await run(platform, trees, step), `${name}:${step.line}`);
  }
}

/** `shop/Procfile` is the file Procfile in the tree shop; each file is a commit. */
async function writeInto(
  platform: Platform,
  trees: Map<string, string>,
  { path, text }: Step & { kind: "file" },
): Promise<void> {
  const [tree = "", ...rest] = path.split("/");
  const known = trees.get(tree) ?? (await platform.tree({}));
  trees.set(tree, known);
  await commit(known, { [rest.join("/")]: text });
}

async function run(
  platform: Platform,
  trees: ReadonlyMap<string, string>,
  { actor, words }: Step & { kind: "run" },
): Promise<Ran> {
  const [program = "", ...args] = words;
  if (program === "berth") return platform.berth(...args);
  if (program === "ssh") return platform.overSsh(...args);
  if (program === "visit") return visit(platform, args);
  if (program === "push") {
    const [tree = "", app = tree, ...refs] = args;
    const path = trees.get(tree);
    assert.ok(path, `${actor} has no tree ${tree}`);
    return platform.push(path, app, refs.length > 0 ? refs : ["main"]);
  }
  throw new Error(`no scenario command is named ${program}`);
}

async function visit(platform: Platform, [host = "", path = "/"]: readonly string[]): Promise<Ran> {
  const { status, body } = await platform.visit(host, path);
  return { code: 0, stdout: `${status}\n${body}`, stderr: "" };
}

function check(step: Step & { kind: "run" }, ran: Ran, where: string): void {
  const said = `${where}: ${step.words.join(" ")}\n--- output\n${ran.stdout}\n--- beside it\n${ran.stderr}`;
  assert.equal(ran.code, step.exit, said);
  // git shows what a server says behind `remote: `.
  const beside = ran.stderr.replaceAll(/^remote: /gm, "");
  for (const [expected, output] of [
    [step.stdout, ran.stdout],
    [step.stderr, beside],
  ] as const) {
    const missing = firstMissing(expected, output);
    assert.equal(missing, null, `expected the line «${missing}» in ${said}`);
  }
}
