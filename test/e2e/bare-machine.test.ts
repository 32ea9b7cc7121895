import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { exec } from "#lib/exec.ts";
import { overlayOfMachine, type Overlay } from "../overlay.ts";

const checkout = join(import.meta.dirname, "../..");
/** Where it is in the other machine, so that everybody there gets to it. */
const checkoutInside = "/berth";
const forRoot = { skip: process.getuid?.() === 0 ? false : "only root can install packages" };
const purged = ["s6", "execline", "bubblewrap", "libnginx-mod-http-lua", "lua-cjson"];
const nobody = { uid: 65534, gid: 65534 };

test(
  "a machine without the Debian packages gets them from root, and others are told the line to type",
  forRoot,
  async (t) => {
    await using machine = await overlayOfMachine();
    await using _mounts = await mountBelow(machine);
    const gone = await machine.run({}, "dpkg", "--purge", "--force-depends", ...purged);
    assert.equal(gone.code, 0, gone.stderr);

    const told = await machine.run(nobody, ...setUp);
    assert.equal(told.code, 1);
    const line = `sudo apt-get install -y --no-install-recommends ${purged.toSorted().join(" ")}`;
    assert.equal(
      sorted(told.stderr.split("\n").find((it) => it.includes("apt-get install"))),
      sorted(line),
    );

    const reached = await machine.run({}, "apt-get", "update");
    if (reached.code !== 0) return t.skip("no Debian archive can be reached from here");
    const installed = await machine.run({}, ...setUp);
    assert.equal(installed.code, 0, installed.stderr);
    assert.match(installed.stderr, /Installing 5 Debian packages \(.*\)/);
    for (const program of ["s6-svscan", "execlineb", "bwrap"]) {
      assert.equal((await machine.run({}, "which", program)).code, 0, program);
    }
    assert.equal((await machine.run({}, ...setUp)).stderr, "", "a second time says nothing");
  },
);

/** What `npm start` does before anything else, in a checkout whose Node packages are there. */
const setUp = [
  join(checkoutInside, "node_modules/node/bin/node"),
  "--input-type=module",
  "--eval",
  `const { ensureSetup } = await import(${JSON.stringify(join(checkoutInside, "scripts/setup.mjs"))});
   await ensureSetup("run").catch((error) => { console.error(error.message); process.exitCode = 1; });`,
];

async function mountBelow({ root }: Overlay): Promise<AsyncDisposable> {
  await using cleanup = new AsyncDisposableStack();
  for (const [from, to] of [
    ["/proc", "proc"],
    ["/dev", "dev"],
    [checkout, checkoutInside],
  ] as const) {
    const path = join(root, to);
    await mkdir(path, { recursive: true });
    await exec(["mount", "--rbind", "--make-rslave", from, path]);
    cleanup.defer(async () => void (await exec(["umount", "--recursive", path])));
  }
  return cleanup.move();
}

function sorted(line = ""): string {
  return line.trim().split(" ").toSorted().join(" ");
}
