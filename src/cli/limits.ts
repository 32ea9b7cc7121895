import { changeLimits, listLimits, type LimitStatusView } from "#api/limits.ts";
import type { LimitScope } from "#domain/limit-choices.ts";
import { keyOf, limitEntries, parseLimits, renderLimit, renderSize } from "#domain/limits.ts";
import { jobCommand, type Context } from "./command.ts";
import { listCommand } from "./list-command.ts";
import { jobsOf } from "./job-output.ts";
import type { Output } from "./output.ts";
import { everyItem } from "./pages.ts";
import { PlatformError } from "#domain/errors.ts";

const scopeOptions = [
  { flags: "--type <type>", describe: "only this process type" },
  { flags: "--build", describe: "only builds" },
];

export const limitCommands = [
  listCommand({
    usage: "limits [app]",
    target: "argument",
    example: "limits -a shop",
    operation: listLimits,
    input: ({ target }) => ({ params: { target } }),
    print: (limits, { out, target }) => printLimits(limits, out, target),
  }),
  jobCommand({
    usage: "limits:set <limit=value...>",
    target: "needed",
    summary: "Limits memory, cpu, pids, files or disk; holds at once for what runs.",
    example: "limits:set memory=512M cpu=1 pids=200 --type web -a shop",
    options: scopeOptions,
    operation: changeLimits,
    input: (context) => ({
      params: { target: context.target },
      body: { scope: scopeIn(context), limits: parseLimits(context.args) },
    }),
    jobs: jobsOf,
    afterwards: async ({ client, target, out }) =>
      printNotes(await everyItem(client, listLimits, { params: { target } }), out),
  }),
  jobCommand({
    usage: "limits:unset <limit...>",
    target: "needed",
    summary: "Takes limits back to what they are by default.",
    example: "limits:unset memory cpu -a shop",
    options: scopeOptions,
    operation: changeLimits,
    input: (context) => ({
      params: { target: context.target },
      body: {
        scope: scopeIn(context),
        limits: Object.fromEntries(context.args.map((name) => [keyOf(name), null])),
      },
    }),
    jobs: jobsOf,
  }),
];

function scopeIn({ options }: Context): LimitScope {
  const { type, build } = options;
  if (typeof type !== "string") return build === true ? { kind: "build" } : { kind: "app" };
  if (build !== true) return { kind: "type", processType: type };
  const problem = "it cannot be combined with --build";
  throw new PlatformError("invalid_input", { field: "--type", problem });
}

function printLimits(limits: readonly LimitStatusView[], out: Output, target: string): void {
  out.table(
    ["FOR", ...limitEntries.map(([name]) => name.toUpperCase()), "CHOSEN", "IN USE"],
    limits.map((each) => [
      nameOf(each.scope),
      ...limitEntries.map(([, key]) => renderLimit(key, each.limits[key])),
      each.chosen.join(", ") || "-",
      usedIn(each),
    ]),
    `${target} has no limits.`,
  );
  printNotes(limits, out);
}

/** On stderr, so that `--json` stays what it is. */
function printNotes(limits: readonly LimitStatusView[], out: Output): void {
  for (const { scope, notes } of limits) {
    for (const text of notes) out.note(`${nameOf(scope)}: ${text}`);
  }
}

function usedIn({ used }: LimitStatusView): string {
  if (!used) return "-";
  return `${renderSize(used.memoryBytes)}, ${used.cpuCores.toFixed(2)} cores`;
}

function nameOf(scope: LimitScope): string {
  if (scope.kind === "type") return scope.processType;
  return scope.kind === "build" ? "(builds)" : "(instances)";
}
