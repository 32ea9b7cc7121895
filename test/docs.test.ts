import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { operations } from "#api/operations.ts";
import { commands, findCommand } from "#cli/commands.ts";

const root = join(import.meta.dirname, "..");
const folders = ["docs", "changes"];
const pages = [
  ...readdirSync(root).map((name) => join(root, name)),
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) =>
      join(root, folder, name),
    ),
  ),
].filter((path) => path.endsWith(".md"));
const textOf = (path: string) => readFileSync(path, "utf8");
const pageNamed = (name: string) => textOf(join(root, name));

test("every relative link leads to a file, and to a heading of it", () => {
  const broken = pages.flatMap((page) =>
    linksIn(textOf(page))
      .filter((link) => !leadsSomewhere(page, link))
      .map((link) => `${relative(root, page)}: ${link}`),
  );
  assert.ok(pages.length > 20);
  assert.deepEqual(broken, []);
});

test("every file that a page names in backticks is there", () => {
  const absent = pages.flatMap((page) =>
    filesNamedIn(textOf(page))
      .filter((file) => !existsSync(join(root, file)))
      .map((file) => `${relative(root, page)}: ${file}`),
  );
  assert.ok(filesNamedIn(pageNamed("ARCHITECTURE.md")).length > 50);
  assert.deepEqual(absent, []);
});

test("ARCHITECTURE names every layer", () => {
  const layers = readdirSync(join(root, "src")).map((name) => `\`src/${name}\``);
  const page = pageNamed("ARCHITECTURE.md");
  assert.deepEqual(
    layers.filter((layer) => !page.includes(layer)),
    [],
  );
});

test("every command is in the reference, and nothing else is", () => {
  const headings = pageNamed("docs/reference/cli.md").matchAll(/^### (.+)$/gm);
  const documented = [...headings].map(([, name]) => name);
  assert.deepEqual(
    documented,
    commands.map(({ name }) => name),
  );
});

test("every operation that a client may call is in the reference, and nothing else is", () => {
  const headings = pageNamed("docs/reference/api.md").matchAll(/^## (.+)$/gm);
  const callable = operations.filter(({ localOnly }) => !localOnly);
  assert.deepEqual(
    [...headings].map(([, id]) => id),
    callable.map(({ id }) => id),
  );
});

test("every berth command that a page shows exists", () => {
  const unknown = pages.flatMap((page) =>
    commandsShownIn(textOf(page))
      .filter((name) => name !== "help" && findCommand(name) === null)
      .map((name) => `${relative(root, page)}: berth ${name}`),
  );
  assert.deepEqual(unknown, []);
});

test("every npm script that a page shows exists, and every script is explained in CONTRIBUTING", () => {
  // Our own package.json has scripts.
  const { scripts } = JSON.parse(pageNamed("package.json")) as { scripts: Record<string, string> };
  const shown = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\bnpm (?:run )?((?:start|test|bench|db|golden|generate)[\w:]*)/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !Object.hasOwn(scripts, name))
      .map((name) => `${relative(root, page)}: npm run ${name}`),
  );
  assert.deepEqual(shown, []);
  const told = `${pageNamed("README.md")}${pageNamed("CONTRIBUTING.md")}`;
  const silent = Object.keys(scripts).filter((name) => !told.includes(name));
  assert.deepEqual(silent, []);
});

test("every decision is in the list of decisions", () => {
  const list = pageNamed("docs/decisions/README.md");
  const files = readdirSync(join(root, "docs/decisions")).filter((name) => /^\d{4}-/.test(name));
  assert.deepEqual(
    files.filter((name) => !list.includes(`(${name})`)),
    [],
  );
});

test("no page is longer than three printed ones, except those that are generated", () => {
  const long = pages
    .filter((page) => !page.includes("/reference/") && textOf(page).split("\n").length > 210)
    .map((page) => relative(root, page));
  assert.deepEqual(long, []);
});

function linksIn(text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(target)) return false;
  return heading === undefined || anchorsOf(textOf(target)).includes(heading);
}

/** As the usual renderers make them from headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(/\s/g, "-"),
  );
}

function filesNamedIn(text: string): string[] {
  const names = text.matchAll(
    /`((?:src|test|scripts|bin|bench|docs|changes|examples)\/[\w./-]*\w\/?)`/g,
  );
  return [...names].map(([, name = ""]) => name).filter((name) => !name.includes("NNNN"));
}

/** `berth ps:scale` and `bin/berth ps:scale`, in code blocks and in backticks. */
function commandsShownIn(text: string): string[] {
  const code = [...text.matchAll(/^```(?:sh|text)\n([\s\S]*?)^```|`([^`\n]+)`/gm)].map(
    ([, block, inline]) => block ?? inline ?? "",
  );
  return code
    .flatMap((it) => [...it.matchAll(/(?:^|[|;] *|^bin\/|bin\/)berth ([a-z_]+(?::[a-z_]+)?)/gm)])
    .map(([, name = ""]) => name);
}
