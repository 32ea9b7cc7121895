import { shown } from "./config-wording.ts";
import type { ConfigProblem, ConfiguredKey } from "./host-config.ts";
import { rowsOf } from "./text-rows.ts";

export type KeyFile = {
  readonly keys: readonly ConfiguredKey[];
  readonly problems: readonly ConfigProblem[];
};

const problemsMax = 20;

/**
 * Reads public keys as sshd(8) writes them: one a line, blank lines and `#` lines skipped, options
 * before the type ignored. A broken line is a problem and only that line is left out. Keys are named
 * after the file; the second one of `ann.pub` is `ann-2`.
 */
export function parseAuthorizedKeys(file: string, text: string): KeyFile {
  const stem = (file.split("/").at(-1) ?? "").replace(/\.pub$/, "");
  if (!/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,62}$/.test(stem)) {
    const problem = `${shown(stem)} cannot name a key`;
    return refused(file, 0, problem, "name the file with letters, digits and . _ @ + -");
  }
  const keys: ConfiguredKey[] = [];
  const problems: ConfigProblem[] = [];
  for (const { line, row } of rowsOf(text)) {
    if (/^-----BEGIN .*PRIVATE KEY/.test(row)) {
      return refused(file, line, "this is a private key", "put the .pub file here instead");
    }
    const key = parseRow(row);
    const name = keys.length === 0 ? stem : `${stem}-${keys.length + 1}`;
    if (key) keys.push({ name, ...key, file });
    else problems.push(brokenLine(file, line));
  }
  return { keys, problems: problems.slice(0, problemsMax) };
}

/** Gives each key once, each under a name of its own: files in different folders may share a name. */
export function distinctKeys(keys: readonly ConfiguredKey[]): ConfiguredKey[] {
  const names = new Set<string>();
  const byBlob = new Map(keys.toReversed().map((key) => [key.blob, key]));
  return keys
    .filter((key) => byBlob.get(key.blob) === key)
    .map((key) => {
      const name = freeName(key.name, names);
      names.add(name);
      return { ...key, name };
    });
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
  return name;
}

function refused(file: string, line: number, problem: string, fix: string): KeyFile {
  return { keys: [], problems: [{ severity: "error", file, line, key: "", problem, fix }] };
}

function brokenLine(file: string, line: number): ConfigProblem {
  const problem = "is no public key; this line is left out";
  const fix = "write one key a line, as ssh-keygen prints it: ssh-ed25519 AAAA… name";
  return { severity: "error", file, line, key: "", problem, fix };
}

/** `type blob comment`, or the same after a word of options, whose quotes may hold spaces. */
function parseRow(row: string): { type: string; blob: string } | null {
  const options = /^(?:"(?:\\"|[^"])*"|[^\s"])+\s+/.exec(row)?.[0] ?? "";
  return parseKey(row) ?? parseKey(row.slice(options.length));
}

/** The blob repeats the type in its first bytes; a key that was cut or mixed up shows there. */
function parseKey(row: string): { type: string; blob: string } | null {
  const match =
    /^(?<type>(?:ssh|ecdsa|sk)-[A-Za-z0-9@.-]+)\s+(?<blob>[A-Za-z0-9+/]+={0,2})(?:\s|$)/;
  const { type = "", blob = "" } = match.exec(row)?.groups ?? {};
  const bytes = bytesOf(blob);
  if (type === "" || !bytes || type.includes("-cert-")) return null;
  const length = String.fromCharCode(0, 0, 0, type.length);
  return bytes.startsWith(length + type) && bytes.length > type.length + 8 ? { type, blob } : null;
}

function bytesOf(blob: string): string | null {
  try {
    return atob(blob);
  } catch {
    return null; // no base64 after all
  }
}
