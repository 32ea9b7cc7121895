import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./child.mjs";
import { SetupError, step, tailOf } from "./progress.mjs";

/** What is built, by which script, and from what: its content decides whether it must be built again. */
const builds = [
  {
    title: "Building Berth's programs",
    script: "scripts/build-programs.mjs",
    target: "dist/bin",
    sources: ["src", "package-lock.json"],
  },
  {
    title: "Building the console",
    script: "scripts/build-console.mjs",
    target: "dist/console",
    sources: ["console", "src/api", "package-lock.json"],
  },
];

/** Builds what is not up to date. */
export async function ensureBuilds(checkout, node) {
  for (const { title, script, content } of outdatedBuilds(checkout)) {
    await step(title, async () => {
      const argv = [node, join(checkout, script), content];
      const { code, output } = await capture(argv, { cwd: checkout });
      if (code !== 0) throw new SetupError(`${title} failed:\n${tailOf(output)}`);
    });
  }
}

/** What is to be built. An installed copy, which has no console's sources, has it all. */
export function outdatedBuilds(checkout) {
  if (!existsSync(join(checkout, "console"))) return [];
  const asked = builds.map(({ sources, ...build }) => {
    return { ...build, content: contentOf(checkout, [...sources, build.script]) };
  });
  return asked.filter(({ target, content }) => {
    const stamp = join(checkout, target, "content");
    return !existsSync(stamp) || readFileSync(stamp, "utf8") !== content;
  });
}

function contentOf(checkout, sources) {
  const hash = createHash("sha256");
  for (const path of sources.flatMap((source) => filesOf(checkout, source))) {
    hash.update(`${path}\0`).update(readFileSync(join(checkout, path)));
  }
  return hash.digest("hex");
}

function filesOf(checkout, source) {
  if (/\.\w+$/.test(source)) return [source];
  return readdirSync(join(checkout, source), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(checkout.length + 1))
    .toSorted();
}
