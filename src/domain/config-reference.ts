import { z } from "zod";
import { defaultOf, metaOf, unwrap } from "./config-schema.ts";
import { expectationOf } from "./config-wording.ts";
import { DomainFile } from "./domain-config.ts";
import { HostFile } from "./host-settings.ts";
import { knownDirectives } from "./nginx-snippet.ts";
import { RepoFile } from "./repo-config.ts";

const intro = `# The configuration directory

Berth reads \`config/\` in its home directory and follows it: a change takes effect as soon as the file
is saved. A file with a mistake changes nothing: what it said before stays in force, and
\`berth status\` names the file, the line, the key and the fix. Removing a file takes back what it said;
an app or a branch that no file names any more keeps running until \`berth cleanup\`. Only regular
files of at most 1 MiB are read, as YAML 1.2 in UTF-8. The files of pyPaaS work as they are.

This page is made from the schemas that read the files.`;

const keysPart = `## authorized_keys.d/*

Public keys that may push and run commands, one a line, in the form of \`ssh-keygen\`; several in a file
are fine, and so are blank lines, \`#\` lines, options and every type of key. A key is named after its
file without \`.pub\`. A broken line is left out and shown as a problem; the other lines count.`;

const snippetPart = `## Lines for nginx

\`nginx_extra_config\`, \`nginx_extra_upstream_config\`, \`nginx_http_extra_config\`,
\`nginx_https_extra_config\` and a domain's \`ssl_config\` are read, but no line of them reaches nginx. The
directives below are accepted with a warning. Any other is an error that says what to do instead.`;

/** The reference of all configuration files, as Markdown. */
export function renderConfigReference(): string {
  const parts = [
    intro,
    "## berth.yml",
    "The server's own settings; the file may be called `pypaas.yml` too. All keys are optional.",
    renderKeys(HostFile),
    "## repo/&lt;app&gt;.yml",
    "One app each, named by the file; the folder may be called `repos` too. The branch `master` or\n`main` is what the app's name alone means, else the first one.",
    renderKeys(RepoFile),
    "## domains/&lt;domain&gt;.yml",
    "One domain each, named by the file. A path matches itself and what is below it; the longest wins.",
    renderKeys(DomainFile),
    keysPart,
    snippetPart,
    renderTable(
      ["Directive", "What Berth does"],
      [...knownDirectives].map(([name, note]) => [`\`${name}\``, note]),
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}

function renderKeys(schema: z.core.$ZodType): string {
  return renderTable(["Key", "Value", "Meaning"], keyRows(schema, ""));
}

/** A table with even columns, as the formatter leaves it. */
function renderTable(head: readonly string[], body: readonly (readonly string[])[]): string {
  const rows = [head, ...body].map((cells) => cells.map(escapeCell));
  const widths = head.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const [first = [], ...rest] = rows;
  const lines = [first, widths.map((width) => "-".repeat(width)), ...rest];
  return lines
    .map((cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`)
    .join("\n");
}

/** Outside of code, Markdown takes an angle bracket for HTML. */
function escapeCell(cell: string): string {
  const text = cell.replaceAll("|", "\\|");
  return text.startsWith("`") ? text : text.replaceAll("<", "&lt;").replaceAll("*", "\\*");
}

/** A row for each key that holds a value, and for each mapping that has something said of it. */
function keyRows(schema: z.core.$ZodType, prefix: string): string[][] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord)
    return keyRowsOf(prefix, placeholderOf(prefix), inner.valueType);
  if (inner instanceof z.ZodDiscriminatedUnion) {
    return inner.options.flatMap((option) => keyRows(option, prefix));
  }
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([key, child]) => keyRowsOf(prefix, key, child));
}

function keyRowsOf(prefix: string, key: string, schema: z.core.$ZodType): string[][] {
  const path = prefix === "" ? key : `${prefix}.${key}`;
  const { description, retired } = metaOf(schema);
  const meaning = retired ? `Not used: ${retired}.` : (description ?? "");
  const below = keyRows(schema, path);
  if (below.length > 0 && meaning === "") return below;
  return [[`\`${path}\``, retired ? "anything" : valueOf(schema), meaning], ...below];
}

function valueOf(schema: z.core.$ZodType): string {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodLiteral) return `\`${String(inner.value)}\``;
  const { expects } = metaOf(schema);
  const isMapping = inner instanceof z.ZodObject || inner instanceof z.ZodRecord;
  if (isMapping) return expects ?? "a mapping";
  const value = defaultOf(schema);
  const isPlain = typeof value === "number" || typeof value === "boolean";
  return isPlain ? `${expectationOf(schema)}, \`${value}\`` : expectationOf(schema);
}

/** A word for a name that the reader chooses. */
function placeholderOf(prefix: string): string {
  const names = new Map([
    ["branches", "<branch>"],
    ["runners", "<runner>"],
    ["env", "<name>"],
    ["env_secret", "<name>"],
    ["custom_cmds", "<command>"],
    ["locations", "<path>"],
  ]);
  return names.get(prefix.split(".").at(-1) ?? "") ?? "<name>";
}
