import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { startPlatform, type Platform } from "../platform.ts";
import { runProgram, type Ran } from "../programs.ts";

/** Lines for a person's own shell, and what the page says that they print. */
type Block = { readonly lines: string; readonly printed: string };

const checkout = join(import.meta.dirname, "../..");

let platform: Platform;
before(async () => {
  platform = await startPlatform();
  await platform.berth("keys:remove", "owner");
});
after(async () => {
  await platform[Symbol.asyncDispose]();
});

test("the tutorial works, line by line, and prints what it says", async () => {
  const blocks = await blocksOf("docs/tutorial.md");
  // The platform runs already.
  const typed = blocks.filter(({ lines }) => !/^(?:npm start|alias berth)/.test(lines));
  assert.equal(typed.length, blocks.length - 2);
  await typeAll(typed, "tutorial");
});

test("the first deploy of the README works as it stands there", async () => {
  await platform.berth("keys:remove", "laptop");
  const blocks = await blocksOf("README.md");
  const [deploy] = blocks.filter(({ lines }) => lines.includes("git push berth"));
  assert.ok(deploy);
  const [ran] = await typeAll([deploy], "readme");
  assert.match(ran?.stdout ?? "", /Hello!\n$/);
});

async function blocksOf(page: string): Promise<Block[]> {
  const text = await readFile(join(checkout, page), "utf8");
  const found = text.matchAll(
    /^```sh\n([\s\S]*?)^```\n(?:\n(?:.+\n)*\n?```text\n([\s\S]*?)^```)?/gm,
  );
  return [...found].map(([, lines = "", printed = ""]) => ({ lines, printed }));
}

/** Types the blocks one after the other in the same directory, as a person would. */
async function typeAll(blocks: readonly Block[], name: string): Promise<Ran[]> {
  const folder = join(platform.folder, name);
  await mkdir(join(folder, "berth"), { recursive: true });
  await writeFile(join(folder, "where"), join(folder, "berth"));
  const results: Ran[] = [];
  for (const { lines, printed } of blocks) {
    const script = join(folder, "typed");
    await writeFile(script, `${prelude(folder)}\n${adapted(lines, folder)}`);
    const ran = await runProgram(["bash", "-e", script], { env: identity });
    const isRefused = printed.startsWith(" !");
    assert.equal(ran.code === 0, !isRefused, `${lines}\n${ran.stdout}${ran.stderr}`);
    for (const line of printed.split("\n")) assert.match(ran.stdout + ran.stderr, patternOf(line));
    results.push(ran);
  }
  return results;
}

const identity = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  GIT_AUTHOR_NAME: "Reader",
  GIT_AUTHOR_EMAIL: "reader@localhost",
  GIT_COMMITTER_NAME: "Reader",
  GIT_COMMITTER_EMAIL: "reader@localhost",
  GIT_SSH_VARIANT: "ssh",
};

/** What stands for the reader's machine: where they are, their key, and names that lead to it. */
function prelude(folder: string): string {
  const node = join(checkout, "node_modules/node/bin/node");
  return `
cd "$(cat ${folder}/where)"
trap 'pwd > ${folder}/where' EXIT
export GIT_SSH=${platform.ssh}
ssh() { ${platform.ssh} "$@"; }
berth() { ${node} ${checkout}/dist/bin/cli.js --home ${platform.home} "$@"; }
`;
}

function adapted(lines: string, folder: string): string {
  const { direct, ssh } = platform.ports;
  return lines
    .replaceAll("bin/berth", "berth")
    .replaceAll("42530", String(direct))
    .replaceAll("42522", String(ssh))
    .replaceAll("/tmp/shop", join(folder, "shop"))
    .replaceAll("~/.ssh/id_ed25519.pub", join(platform.folder, "owner.pub"));
}

/** `…` stands for anything, and so does the space between columns. */
function patternOf(line: string): RegExp {
  const words = line.split(/[\s…]+/).filter(Boolean);
  return new RegExp(words.map((word) => word.replaceAll(/\W/g, String.raw`\$&`)).join(".*"));
}
