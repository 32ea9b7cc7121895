import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
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

test("every class has a row in the table, and every test that the table names is there", () => {
  const rows = [...textOf("docs/explanation/security.md").matchAll(/^\| (\d+) .*$/gm)];
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: 25 }, (_, index) => index + 1),
  );
  for (const [row] of rows) {
    const cells = row.split("|").map((cell) => cell.trim());
    const named = [...(cells[3] ?? "").matchAll(/`([\w./-]+)`/g)].map(([, path = ""]) => path);
    const isLater = /not there yet/.test(cells[3] ?? "");
    assert.ok(named.length > 0 || isLater, row);
    for (const path of named) assert.ok(existsSync(join(root, path)), `${path} in ${row}`);
    const title = /“(.+?)”/.exec(cells[3] ?? "")?.[1];
    if (title) assert.ok(textOf(named[0] ?? "").includes(title), `${title} in ${named[0]}`);
  }
});

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
