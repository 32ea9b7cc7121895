import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { test } from "node:test";

type SourceFile = { readonly path: string; readonly text: string };
type Row = { readonly layers: readonly string[]; readonly packages: "any" | readonly string[] };

/** What each folder of src may import besides its own files. Only bin knows everyone; nobody knows bin. */
const table: Readonly<Record<string, Row>> = {
  domain: { layers: [], packages: ["zod"] },
  api: { layers: ["domain"], packages: ["zod"] },
  engine: { layers: ["domain"], packages: [] },
  drivers: { layers: ["domain", "lib"], packages: "any" },
  store: { layers: ["domain", "lib"], packages: "any" },
  server: { layers: ["api", "engine", "domain", "lib"], packages: "any" },
  cli: { layers: ["api", "domain", "lib"], packages: "any" },
  privileged: { layers: ["domain", "lib"], packages: "any" },
  setup: { layers: ["domain", "lib"], packages: "any" },
  lib: { layers: [], packages: "any" },
  bin: {
    layers: [
      "api",
      "engine",
      "drivers",
      "store",
      "server",
      "cli",
      "privileged",
      "setup",
      "domain",
      "lib",
    ],
    packages: "any",
  },
};

const root = dirname(import.meta.dirname);
/** Make room elsewhere before this is raised: what is here acts as root. */
const berthRootLinesMax = 581;
const isTest = (path: string) => path.endsWith(".test.ts");

test("every layer imports only what its row of the table allows", () => {
  assert.deepEqual(findForbiddenImports(readSources("src")), []);
});

test("every layer of the table has files, and every folder of src has a row", () => {
  const found = new Set(readSources("src").map(({ path }) => layerOf(path)));
  assert.deepEqual([...found].toSorted(), Object.keys(table).toSorted());
});

test("the console knows the API and nothing else of ours", () => {
  const files = readSources("console");
  assert.ok(files.some(({ path }) => path.endsWith(".tsx")));
  assert.deepEqual(files.flatMap(findForbiddenInConsole), []);
  const forbidden = ["#domain/app.ts", "#engine/engine.ts", "../../src/api/apps.ts", "node:fs"];
  for (const specifier of forbidden) {
    const [offence] = findForbiddenInConsole(fileImporting("console/pages/apps.tsx", specifier));
    assert.ok(offence, `the console may import ${specifier}`);
  }
  const allowed = ["#api/apps.ts", "../parts/link.tsx", "react", "../styles/base.css"];
  for (const specifier of allowed) {
    assert.deepEqual(
      findForbiddenInConsole(fileImporting("console/pages/apps.tsx", specifier)),
      [],
    );
  }
});

test("only lib/clock.ts asks for the time", () => {
  const everything = ["src", "scripts", "bench", "test"].flatMap(readSources);
  assert.deepEqual(findForbiddenTexts(everything), []);
});

test("one person can review berth-root: it does not grow unnoticed", () => {
  const files = [...readSources("src/privileged"), ...readSources("src/bin")].filter(
    ({ path }) => !isTest(path) && /^src\/(?:privileged\/|bin\/berth-root\.ts)/.test(path),
  );
  assert.ok(files.length > 5);
  const count = files.reduce((sum, { text }) => sum + linesOfCode(text), 0);
  assert.ok(count <= berthRootLinesMax, `berth-root is ${count} lines, see decision 0013`);
});

test("the check itself finds each kind of forbidden import", () => {
  const forbidden = [
    ["src/domain/app.ts", "node:fs"],
    ["src/domain/app.ts", "yaml"],
    ["src/domain/app.ts", "#lib/files.ts"],
    ["src/engine/deploy.ts", "#drivers/executors/local.ts"],
    ["src/engine/deploy.ts", "#store/apps.ts"],
    ["src/engine/deploy.ts", "../drivers/registry.ts"],
    ["src/engine/deploy.ts", "../domain/app.ts"],
    ["src/drivers/routers/nginx.ts", "../executors/local.ts"],
    ["src/drivers/routers/nginx.ts", "#drivers/routers/memory.ts"],
    ["src/drivers/executors/local.ts", "#store/apps.ts"],
    ["src/lib/exec.ts", "#domain/errors.ts"],
    ["src/cli/apps.ts", "#engine/deploy.ts"],
    ["src/server/http/apps.ts", "#bin/berthd.ts"],
    ["src/cli/apps.ts", "../../scripts/run.mjs"],
    ["src/stray.ts", "./domain/app.ts"],
  ] as const;
  for (const [path, specifier] of forbidden) {
    const [offence, ...more] = findForbiddenImports([fileImporting(path, specifier)]);
    assert.ok(
      offence?.startsWith(`${path} imports ${specifier}`),
      `${path} may import ${specifier}`,
    );
    assert.deepEqual(more, []);
  }
});

test("the check itself allows what the table allows", () => {
  const allowed = [
    ["src/domain/app.ts", "zod"],
    ["src/domain/app.ts", "./release.ts"],
    ["src/engine/plan/formation.ts", "../observe.ts"],
    ["src/engine/deploy.ts", "#domain/app.ts"],
    ["src/drivers/routers/nginx/render.ts", "../lua.ts"],
    ["src/drivers/registry.ts", "./executors/local.ts"],
    ["src/server/http/apps.ts", "fastify"],
    ["src/bin/berthd.ts", "#store/store.ts"],
  ] as const;
  const files = allowed.map(([path, specifier]) => fileImporting(path, specifier));
  assert.deepEqual(findForbiddenImports(files), []);
});

test("the check itself reads every form of import", () => {
  const lines = [
    'import "#store/a.ts";',
    'import type { B } from "#store/b.ts";',
    'import {\n  c,\n} from "#store/c.ts";',
    'export { d } from "#store/d.ts";',
    'const e = await import("#store/e.ts");',
    'type F = import("#store/f.ts").F;',
  ];
  const offences = findForbiddenImports([{ path: "src/cli/apps.ts", text: lines.join("\n") }]);
  assert.deepEqual(
    offences.map((offence) => /#store\/(\w)/.exec(offence)?.[1]),
    ["a", "b", "c", "d", "e", "f"],
  );
});

test("the check itself finds forbidden texts", () => {
  const clock = ["const at = new Date", "();"].join("");
  assert.equal(findForbiddenTexts([{ path: "src/engine/loop.ts", text: clock }]).length, 1);
  assert.equal(findForbiddenTexts([{ path: "src/lib/clock.ts", text: clock }]).length, 0);
});

/**
 * One sentence for each import that breaks the table. Unit tests may import anything: they put an
 * engine and a store together to see them work.
 */
function findForbiddenImports(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, text }) =>
      importsOf(text).flatMap((specifier) => {
        const problem = problemOf(path, specifier);
        return problem === null ? [] : [`${path} imports ${specifier}: ${problem}`];
      }),
    );
}

/** A page in a browser: declarations of operations, its own files, packages. Its build runs in Node. */
function findForbiddenInConsole({ path, text }: SourceFile): string[] {
  if (isTest(path) || /^console\/[^/]+\.ts$/.test(path)) return [];
  return importsOf(text)
    .filter((specifier) => {
      if (specifier.startsWith("#")) return !specifier.startsWith("#api/");
      if (specifier.startsWith("node:")) return true;
      if (!specifier.startsWith(".")) return false;
      return !posix.join(posix.dirname(path), specifier).startsWith("console/");
    })
    .map((specifier) => `${path} imports ${specifier}: the console may import #api alone`);
}

function importsOf(text: string): string[] {
  const forms = /(?:^\s*import\s+|\bfrom\s+|\bimport\(\s*)"([^"\n]+)"/gm;
  return [...text.matchAll(forms)].map(([, specifier = ""]) => specifier);
}

function problemOf(path: string, specifier: string): string | null {
  const layer = layerOf(path);
  const row = table[layer];
  if (!row) return `${path} lies in no layer`;
  if (specifier.startsWith("node:"))
    return layer === "domain" ? "domain does nothing itself" : null;
  if (specifier.startsWith("#")) return layerProblem(layer, row, specifier);
  if (specifier.startsWith(".")) return pathProblem(path, specifier);
  if (row.packages === "any" || row.packages.includes(packageOf(specifier))) return null;
  return `${layer} uses no package${row.packages.map((name) => ` but ${name}`).join("")}`;
}

function layerProblem(layer: string, row: Row, specifier: string): string | null {
  const target = specifier.slice(1).split("/")[0] ?? "";
  if (target === layer) return "inside a layer paths are relative";
  const allowed = row.layers.join(", ") || "no other layer";
  return row.layers.includes(target) ? null : `${layer} may import ${allowed}`;
}

function pathProblem(path: string, specifier: string): string | null {
  const target = posix.join(posix.dirname(path), specifier);
  if (layerOf(target) !== layerOf(path)) return "across layers imports are written #layer/file.ts";
  const isRegistry = path === "src/drivers/registry.ts";
  if (layerOf(path) !== "drivers" || isRegistry || kindOf(path) === kindOf(target)) return null;
  return "one kind of driver knows no other";
}

/** The folder below src; empty for anything else. */
function layerOf(path: string): string {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? "";
}

function kindOf(path: string): string {
  return /^src\/drivers\/([^/]+)\//.exec(path)?.[1] ?? "";
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function findForbiddenTexts(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const isProduct = path.startsWith("src/") && !isTest(path) && path !== "src/lib/clock.ts";
    const asksTime = isProduct && /\bnew Date\(\s*\)/.test(text);
    return asksTime ? [`${path} asks for the time: take a Clock`] : [];
  });
}

/** Without blank lines and comments, with imports. */
function linesOfCode(text: string): number {
  const lines = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").split("\n");
  return lines.filter((line) => /\S/.test(line) && !/^\s*\/\//.test(line)).length;
}

function readSources(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:tsx?|mjs)$/.test(name))
    .map((name) => posix.join(folder, name))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

function fileImporting(path: string, specifier: string): SourceFile {
  return { path, text: `import { it } from "${specifier}";\n` };
}
