import type { z } from "zod";
import type { Operation } from "#api/operation.ts";
import { operations } from "#api/operations.ts";
import type { Command } from "#cli/command.ts";
import { commandGroups } from "#cli/commands.ts";
import { renderHelp } from "#cli/help.ts";
import { errorsBySubject, type ErrorKind } from "#domain/errors.ts";
import { eventCatalog } from "#domain/events.ts";
import { renderPermissions } from "./permissions-page.ts";

/** The pages under docs/reference that are made from the code, by file name. */
export const references: Readonly<Record<string, () => string>> = {
  "cli.md": renderCli,
  "api.md": renderApi,
  "errors.md": renderErrors,
  "permissions.md": renderPermissionPage,
  "events.md": renderEvents,
};

const exits: Readonly<Record<ErrorKind, { meaning: string; exit: number; status: number }>> = {
  invalid: { meaning: "what was given is not right", exit: 2, status: 400 },
  not_found: { meaning: "what was named is not there", exit: 3, status: 404 },
  conflict: { meaning: "it does not fit what is there", exit: 4, status: 409 },
  denied: { meaning: "it is not allowed", exit: 5, status: 403 },
  busy: { meaning: "not now; trying again may help", exit: 6, status: 503 },
  failed: { meaning: "it was tried and did not work", exit: 1, status: 500 },
};

function renderCli(): string {
  const intro = `# Commands

\`bin/berth COMMAND\` on the machine itself, or \`ssh -p 42522 berth@host COMMAND\` from anywhere, by whoever has a key.
\`topic:verb\` and \`topic verb\` mean the same. Which app is meant: \`-a shop\` or \`-a shop@staging\`, else the git remote of
the directory, else \`name\` in its \`berth.yml\`. Data goes to standard output, everything else to standard error;
\`--json\` gives data and errors as JSON. The exit code tells failures apart:

${tableOf(
  ["Exit code", "Means"],
  [
    ["0", "done"],
    ...Object.values(exits)
      .toSorted((a, b) => a.exit - b.exit)
      .map(({ exit, meaning }) => [String(exit), meaning]),
  ],
)}

\`run\` and \`custom_cmds\` end with the exit code of what they ran.`;
  const groups = commandGroups.map(
    ({ title, commands }) => `## ${title}\n\n${commands.map(renderCommand).join("\n\n")}`,
  );
  return pageOf(intro, ...groups);
}

function renderCommand(command: Command): string {
  const where = command.localOnly ? "\n\nOnly on the machine itself." : "";
  return `### ${command.name}${where}\n\n\`\`\`text\n${renderHelp(command, true)}\n\`\`\``;
}

function renderApi(): string {
  const intro = `# API

Below \`/api/v1\` on the API's port, 42500 on 127.0.0.1 unless \`listen\` in \`berth.yml\` says otherwise, with
\`Authorization: Bearer TOKEN\`; the token stands in \`data/api.token\` of the home. Bodies and answers are JSON. An operation
that is marked as a stream answers with one JSON value a line, as they come. \`:target\` is an app, or \`app@branch\`. An
error is \`application/problem+json\` with \`code\`, \`detail\` and \`hint\`; all operations may answer \`invalid_input\`,
\`not_permitted\` and \`stopping\` besides the codes that they name. Without a token: \`GET /health\` and
\`GET /api/v1/version\`.`;
  return pageOf(intro, ...operations.filter(({ localOnly }) => !localOnly).map(renderOperation));
}

function renderOperation(operation: Operation): string {
  const inputs = (["params", "query", "body"] as const).flatMap((part) =>
    fieldsOf(operation[part], part),
  );
  const table = inputs.length === 0 ? [] : [tableOf(["Given in", "Name", "Meaning"], inputs)];
  const stream = operation.stream ? " Stream." : "";
  const errors = operation.errors.map((code) => `[\`${code}\`](errors.md#${code})`).join(", ");
  return [
    `## ${operation.id}`,
    `\`${operation.method} ${operation.path}\`: ${operation.summary}${stream}`,
    ...table,
    ...(errors === "" ? [] : [`Errors: ${errors}.`]),
  ].join("\n\n");
}

function fieldsOf(schema: z.ZodType, part: string): string[][] {
  const { shape } = schema as { shape?: Record<string, z.ZodType> };
  return Object.entries(shape ?? {}).map(([name, field]) => [
    part,
    `\`${name}\``,
    `${field.description ?? ""}${field.safeParse(undefined).success ? " May be left out." : ""}`.trim(),
  ]);
}

function renderErrors(): string {
  const intro = `# Errors

Every expected failure has a code, the same through every door. Its kind decides the exit code of a command and the
status of an HTTP answer; \`sign_in_needed\` (401), \`link_not_valid\` (401), \`too_many_attempts\` (429) and
\`notification_failed\` (502) have one of their own. What stands in braces is filled in. \`internal\` means a mistake of
Berth's own.

${tableOf(
  ["Kind", "Means", "Exit code", "HTTP status"],
  Object.entries(exits).map(([kind, it]) => [kind, it.meaning, String(it.exit), String(it.status)]),
)}`;
  const codes = Object.entries(errorsBySubject).flatMap(([subject, errors]) => [
    `## ${subject}`,
    ...Object.entries(errors).map(
      ([code, { kind, message, hint }]) =>
        `### ${code}\n\nKind \`${kind}\`.\n\n\`\`\`text\n${message}\n→ ${hint}\n\`\`\``,
    ),
  ]);
  return pageOf(intro, ...codes);
}

function renderPermissionPage(): string {
  const intro = `# Permissions

Who may do what. How rights are given: [the guide](../guides/people.md).`;
  return pageOf(intro, renderPermissions(tableOf));
}

function renderEvents(): string {
  const intro = `# Events

Everything that happens, as facts, with who did it. Read them with \`berth events\`, or \`berth events -a shop\`.`;
  const rows = Object.entries(eventCatalog).map(([type, summary]) => [`\`${type}\``, summary]);
  return pageOf(intro, tableOf(["Event", "Means"], rows));
}

function pageOf(intro: string, ...parts: readonly string[]): string {
  return [`${intro}\n\nThis page is made from the code; \`npm run generate\` writes it.`, ...parts]
    .join("\n\n")
    .concat("\n");
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) =>
    Math.max(3, ...cells.map((row) => (row[column] ?? "").length)),
  );
  const [first = [], ...rest] = cells;
  return [first, widths.map((width) => "-".repeat(width)), ...rest]
    .map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`)
    .join("\n");
}
