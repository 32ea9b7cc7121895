import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorCatalog, errorsBySubject } from "#domain/errors.ts";

type Throw = {
  readonly path: string;
  readonly code: string;
  /** Names of the details as they stand there; null when they are not written out there. */
  readonly details: readonly string[] | null;
};

const root = join(import.meta.dirname, "..");
const throws = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .flatMap((path) => throwsIn(`src/${path}`, readFileSync(join(root, "src", path), "utf8")));

test("every code of the catalogue is thrown somewhere", () => {
  const thrown = new Set(throws.map(({ code }) => code));
  const unused = Object.keys(errorCatalog).filter((code) => !thrown.has(code));
  assert.deepEqual(unused, []);
});

test("whoever throws gives all that the message and the hint name, and nothing that neither does", () => {
  const wrong = throws.flatMap(({ path, code, details }) => {
    if (details === null) return [];
    const wanted = placeholdersOf(code);
    const missing = wanted.filter((name) => !details.includes(name)).map((it) => `lacks ${it}`);
    const unknown = details.filter((name) => !wanted.includes(name)).map((it) => `${it} unused`);
    return [...missing, ...unknown].map((problem) => `${path}: ${code}: ${problem}`);
  });
  assert.deepEqual(wrong, []);
});

test("a code is of one subject alone", () => {
  const codes = Object.values(errorsBySubject).flatMap((errors) => Object.keys(errors));
  assert.deepEqual(codes.toSorted(), Object.keys(errorCatalog).toSorted());
});

test("messages are whole sentences that name the thing, and hints say what to do", () => {
  for (const [code, { message, hint }] of Object.entries(errorCatalog)) {
    assert.match(message, /^(?:[A-Z{])/, code);
    assert.match(message, /[.}]$/, code);
    assert.match(hint, /^(?:[A-Z{])/, code);
  }
});

test("the check itself reads details in every form", () => {
  const text = `
    throw new PlatformError("a", { app, branch: f({ x: 1 }, "}"), });
    throw new PlatformError("b");
    const details = {};
    throw new PlatformError("c", details, { cause });
    throw new PlatformError("d", { ...details, app });
    throw new PlatformError(
      "e",
      { command: \`x \${y}\`, problem },
      { cause: error },
    );`;
  assert.deepEqual(
    throwsIn("x.ts", text).map(({ code, details }) => [code, details]),
    [
      ["a", ["app", "branch"]],
      ["b", []],
      ["c", null],
      ["d", null],
      ["e", ["command", "problem"]],
    ],
  );
});

function throwsIn(path: string, text: string): Throw[] {
  return [...text.matchAll(/new PlatformError\(\s*"(\w+)"\s*(,?)\s*/g)].map((match) => {
    const [whole, code = "", comma] = match;
    const rest = text.slice(match.index + whole.length);
    const isEmpty = comma === "" || rest.startsWith(")");
    return { path, code, details: isEmpty ? [] : keysOf(rest) };
  });
}

/** The keys of the object literal that the text begins with; null for anything else, or a spread. */
function keysOf(text: string): string[] | null {
  if (!text.startsWith("{")) return null;
  const parts: string[] = [""];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|[\s\S]/g)) {
    if ("([{".includes(token)) depth += 1;
    if (")]}".includes(token)) depth -= 1;
    if (depth === 0) break;
    if (depth === 1 && token === ",") parts.push("");
    else if (!(depth === 1 && token === "{")) parts.push(parts.pop() + token);
  }
  const keys = parts.map((part) => part.trim()).filter(Boolean);
  if (keys.some((key) => key.startsWith("..."))) return null;
  return keys.map((key) => /^\w+/.exec(key)?.[0] ?? key);
}

function placeholdersOf(code: string): string[] {
  // Only codes of the catalogue compile.
  const { message, hint } = errorCatalog[code as keyof typeof errorCatalog];
  return [
    ...new Set([...`${message} ${hint}`.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name)),
  ];
}
