import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { operations } from "#api/operations.ts";
import { parseHostSettings } from "#domain/host-settings.ts";
import { HostSettings } from "#domain/host-config.ts";
import { renderExecline } from "#lib/execline.ts";
import { renderSshd } from "#setup/sshd.ts";
import { homeLayout } from "#setup/layout.ts";
import { configText } from "./config-text.ts";

const root = join(import.meta.dirname, "..");
const textOf = (path: string) => readFileSync(join(root, path), "utf8");

const hostile = [
  "; include /etc/passwd",
  "}\nserver { listen 1;",
  "a\nPermitRootLogin yes",
  '" -o x "',
  "$(id)",
  "`id`",
  "a b",
  "\\",
  "\0",
];

/** Words that are taken somewhere; each pattern of the API takes one of them at least. */
const fair =
  "shop-2 web_1.1 app,router,build 0a1b2c3d-4e5f xterm-256.color+x *.a-1.b-2.example ann@home.x-1_y ann.b-c_d feature/x.y-1_2 viewer+run-read current 12"
    .split(" ")
    .concat("0a".repeat(20), "0a".repeat(32));
const charsOfNoName = Array.from(" \t\n\r\0;&|$`'\"\\<>(){}[]!#%^?=~é\u202e");

test("class 3, weakened checks: no word that the API takes as a name can hold what means something elsewhere", () => {
  const asked = operations.flatMap(({ params, query, body }) => [params, query, body]);
  const schemas = asked.map((it) => z.toJSONSchema(it, { io: "input", unrepresentable: "any" }));
  const patterns = patternsIn(schemas);
  assert.ok(patterns.size > 12, `${patterns.size} patterns`);
  for (const pattern of patterns) {
    const words = fair.filter((word) => new RegExp(pattern).test(word));
    assert.notEqual(words.length, 0, `a word that ${pattern} takes`);
    const taken = (regex: string) => (word: string) => new RegExp(regex).test(word);
    const bad = words.flatMap((word) => charsOfNoName.flatMap((char) => withInside(word, char)));
    assert.deepEqual(bad.filter(taken(pattern)), [], pattern);
    // Whoever weakens it is found out by these words.
    for (const weaker of weakened(pattern)) assert.ok(bad.some(taken(weaker)), weaker);
  }
});

test("class 4, generated files: no setting adds a line to the configuration of nginx or sshd", () => {
  const fields = [
    (word: string) => ({ listen: { address: word } }),
    (word: string) => ({ listen: { api_address: word } }),
    (word: string) => ({ suffix: word }),
    (word: string) => ({ ssh_names: [word] }),
    (word: string) => ({ trusted_proxies: [word] }),
    (word: string) => ({ nginx_workers: word }),
    (word: string) => ({ listen: { ssh: word } }),
  ];
  for (const field of fields) {
    for (const word of hostile) {
      // JSON is YAML, too.
      const { value } = parseHostSettings(configText(JSON.stringify(field(word))));
      assert.equal(value, null, JSON.stringify(field(word)));
    }
  }
  for (const address of ["*", "127.0.0.1", "::1", "10.0.0.1", "::"]) {
    const { value } = parseHostSettings(configText(JSON.stringify({ listen: { address } })));
    assert.equal(value?.listen.address, address);
  }
});

test("class 4, generated files: a word in an execline script stays that word", () => {
  for (const word of hostile.filter((it) => !it.includes("\0"))) {
    const [, line] = splitOnce(renderExecline([["echo", word]], { args: "-P" }), "\n");
    assert.equal(unquote(line.trimEnd()), `echo ${word}`, JSON.stringify(word));
  }
  assert.throws(() => renderExecline([["echo", "$HOME"]], { args: "-S0" }), /would substitute/);
});

test("class 4, generated files: sshd's configuration has one forced way in, whatever the home is called", () => {
  const { listen } = HostSettings.parse({});
  const text = renderSshd(homeLayout("/srv/a b"), listen);
  assert.match(text, /^AuthorizedKeysFile "\/srv\/a b\/run\/authorized_keys"$/m);
  assert.match(text, /^DisableForwarding yes$/m);
});

test("class 23, supply chain: every package is pinned, with the hash of what is installed", () => {
  // Our own files, of npm's shapes.
  const manifest = JSON.parse(textOf("package.json")) as Record<string, Record<string, string>>;
  for (const group of ["dependencies", "devDependencies"]) {
    for (const [name, version] of Object.entries(manifest[group] ?? {})) {
      assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, `${name} is exact`);
    }
  }
  const { packages } = JSON.parse(textOf("package-lock.json")) as {
    packages: Record<string, { inBundle?: boolean; integrity?: string; link?: boolean }>;
  };
  const installed = Object.entries(packages).filter(([path]) => path !== "");
  assert.ok(installed.length > 50);
  for (const [path, { integrity, inBundle, link }] of installed) {
    // What comes inside of another package has no hash but that one's.
    if (link || inBundle) continue;
    assert.match(integrity ?? "", /^sha512-/, `${path} has its hash`);
  }
});

test("every class has a row in the table, and a test there that bears its name or the reason for none", () => {
  const rows = [...textOf("docs/explanation/security.md").matchAll(/^\| (\d+) .*$/gm)];
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: 25 }, (_, index) => index + 1),
  );
  for (const [row, number = ""] of rows) {
    const files = [...row.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path = ""]) => path);
    for (const path of files) assert.ok(existsSync(join(root, path)), `${path} in ${row}`);
    const bearsName = (path: string) => textOf(path).includes(`class ${number}, `);
    assert.ok(/not there yet: /.test(row) || files.some(bearsName), row);
  }
});

/** Of every text in a JSON Schema that is no date or address. */
function patternsIn(schema: unknown): Set<string> {
  if (typeof schema !== "object" || schema === null) return new Set();
  const { pattern, format } = schema as { pattern?: unknown; format?: unknown };
  const own = typeof pattern === "string" && format === undefined ? [pattern] : [];
  return new Set([...own, ...Object.values(schema).flatMap((it) => [...patternsIn(it)])]);
}

/** The word with the character between any two of its own, or in the place of one. */
function withInside(word: string, char: string): string[] {
  const places = Array.from({ length: word.length + 1 }, (_, at) => at);
  return places.flatMap((at) =>
    [at, at + 1].map((next) => word.slice(0, at) + char + word.slice(next)),
  );
}

/** The pattern without an end, or with one more character where some are allowed. */
function weakened(pattern: string): string[] {
  const classes = [...pattern.matchAll(/(?<!\(\?<!)\[(?!\^)/g)].map(({ index }) => index + 1);
  const more = classes.map((at) => `${pattern.slice(0, at)};${pattern.slice(at)}`);
  return [pattern.slice(1), pattern.slice(0, -1), ...more];
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return [text.slice(0, index), text.slice(index + 1)];
}

/** What execlineb reads from words in double quotes. */
function unquote(line: string): string {
  const words: string[] = [];
  for (const [, inside = ""] of line.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)) {
    words.push(inside.replaceAll(/\\([\s\S])/g, "$1"));
  }
  return words.join(" ");
}
