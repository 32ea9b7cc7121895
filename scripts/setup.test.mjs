import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { capture } from "./child.mjs";
import { countCandidates, neededPackages, parseMissing, renderRequest } from "./debian.mjs";
import { renderElapsed, step, tailOf } from "./progress.mjs";

const ours = join(import.meta.dirname, "..");

test("a package counts as there only when dpkg says installed", () => {
  const text = "git installed\ns6 config-files\nopenssl half-installed\n";
  assert.deepEqual(parseMissing(["git", "s6", "openssl", "bubblewrap"], text), [
    "s6",
    "openssl",
    "bubblewrap",
  ]);
});

test("tests need what running needs, and more", () => {
  const run = neededPackages("run");
  assert.ok(run.includes("nginx-light") && !run.includes("wrk"));
  assert.deepEqual(neededPackages("test").slice(0, run.length), run);
  assert.ok(neededPackages("test").includes("wrk"));
});

test("an ordinary user is told the one command to type", () => {
  const text = renderRequest(["s6", "git"]);
  assert.match(text, /^ {2}sudo apt-get install -y --no-install-recommends s6 git$/m);
  assert.match(text, /2 Debian packages more/);
});

test("apt knows a package only when it has a candidate", () => {
  const text = `s6:
  Installed: (none)
  Candidate: 2.11.3.2-1
gone:
  Installed: (none)
  Candidate: (none)
`;
  assert.equal(countCandidates(text), 1);
});

test("elapsed times are read at a glance", () => {
  assert.equal(renderElapsed(420), "0.4 s");
  assert.equal(renderElapsed(12_400), "12 s");
  assert.equal(renderElapsed(125_000), "2 min 5 s");
});

test("after an update the next start installs packages that have changed; other commands do not", async (t) => {
  const checkout = mkdtempSync(join(tmpdir(), "berth-test-"));
  t.after(() => rmSync(checkout, { recursive: true }));
  for (const name of ["bin", "scripts", "src/setup/packages.json"])
    cpSync(join(ours, name), join(checkout, name), { recursive: true });
  for (const name of ["node_modules", "dist/bin", "stubs"])
    mkdirSync(join(checkout, name), { recursive: true });
  symlinkSync(join(ours, "node_modules/node"), join(checkout, "node_modules/node"));
  writeFileSync(join(checkout, "node_modules/.berth-lock"), "of the version before");
  writeFileSync(join(checkout, "package-lock.json"), "{}");
  writeFileSync(join(checkout, "dist/bin/cli.js"), "console.log('the command line')");
  writeFileSync(join(checkout, "stubs/npm"), "#!/bin/sh\necho npm was asked; exit 1\n", {
    mode: 0o755,
  });
  const env = { ...process.env, PATH: `${join(checkout, "stubs")}:${process.env.PATH}` };
  const berth = (word) => capture([process.execPath, join(checkout, "bin/berth"), word], { env });
  assert.match((await berth("status")).output, /^the command line/);
  for (const word of ["up", "install", "start"])
    assert.match((await berth(word)).output, /npm was asked/);
});

test(
  "whoever may not write to a checkout runs it when it is set up, and is told what to do when not",
  { skip: process.getuid() === 0 ? false : "only root can be somebody else" },
  async (t) => {
    const checkout = mkdtempSync(join(tmpdir(), "berth-test-"));
    t.after(() => rmSync(checkout, { recursive: true }));
    chmodSync(checkout, 0o755);
    for (const name of ["bin", "scripts", "src/setup/packages.json"])
      cpSync(join(ours, name), join(checkout, name), { recursive: true });
    for (const name of ["node_modules", "dist/bin"])
      mkdirSync(join(checkout, name), { recursive: true });
    writeFileSync(join(checkout, "package-lock.json"), "{}");
    writeFileSync(join(checkout, "dist/bin/cli.js"), "console.log('the command line')");
    const lock = createHash("sha256").update("{}").digest("hex");
    writeFileSync(join(checkout, "node_modules/.berth-lock"), lock);
    symlinkSync(join(ours, "node_modules/node"), join(checkout, "node_modules/node"));
    const argv = [process.execPath, join(checkout, "bin/berth"), "up"];
    const berth = () => capture(argv, { uid: 65_534, gid: 65_534 });
    assert.match((await berth()).output, /^the command line/);
    mkdirSync(join(checkout, "console"));
    mkdirSync(join(checkout, "src/api"));
    const { code, output } = await berth();
    assert.equal(code, 1);
    assert.match(
      output,
      /^Berth in \S+ is not set up .* you may not write there\.\nHave its owner/,
    );
  },
);

test("a quick step says nothing, a failed one says so", async () => {
  const lines = [];
  const stream = { isTTY: false, write: (text) => lines.push(text) };
  assert.equal(await step("Looking", async () => 7, stream), 7);
  assert.deepEqual(lines, []);
  await assert.rejects(
    step("Looking", () => Promise.reject(new Error("no")), stream),
    /no/,
  );
  assert.match(lines.join(""), /^Looking: failed after 0\.0 s\n$/);
});

test("a program's end is its code, its output and its last lines", async () => {
  const script = "console.log('out'); console.error('err'); process.exitCode = 3";
  const { code, stdout, output } = await capture([process.execPath, "--eval", script]);
  assert.equal(code, 3);
  assert.equal(stdout, "out\n");
  assert.match(output, /err/);
  assert.equal(tailOf("a\nb\nc\n", 2), "  | b\n  | c");
});
