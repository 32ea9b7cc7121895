import { diffRelease, type ReleaseDiffView } from "#api/release-diff.ts";
import { listReleases, releaseInfo, rollback } from "#api/releases.ts";
import { command, jobCommand } from "./command.ts";
import { listCommand } from "./list-command.ts";
import { moment } from "./moment.ts";
import type { Output } from "./output.ts";
import { parseRelease } from "./words.ts";

export const releaseCommands = [
  listCommand({
    usage: "releases [app]",
    isLong: true,
    target: "argument",
    example: "releases -a shop",
    operation: listReleases,
    input: ({ target }) => ({ params: { target } }),
    print: (releases, { out, target }) =>
      out.table(
        ["RELEASE", "STATUS", "COMMIT", "CREATED", "BY", "WHY"],
        releases.map((release) => [
          `v${release.number}`,
          release.current ? "current" : release.status,
          release.commit.slice(0, 10),
          moment(release.createdAt),
          release.actor,
          release.description,
        ]),
        `${target} has no release yet. Push it: berth apps:info ${target} shows where.`,
      ),
  }),
  command({
    usage: "releases:info [release]",
    target: "needed",
    example: "releases:info v3 -a shop",
    operation: releaseInfo,
    input: ({ target, args }) => ({
      params: { target, release: String(parseRelease(args[0]) ?? "current") },
    }),
    print(release, out) {
      out.line(`Release      v${release.number}, ${release.status}`);
      out.line(`Why          ${release.description}`);
      out.line(`Commit       ${release.commit}`);
      out.line(`By           ${release.actor}`);
      out.line(`Created      ${moment(release.createdAt)}`);
      out.line(`Config vars  ${release.configVars.join(" ") || "none"}`);
      if (release.releaseCommand) out.line(`Before it    ${release.releaseCommand}`);
      for (const [name, type] of Object.entries(release.processTypes)) {
        const what = type.kind === "static" ? `files in /${type.directory}` : type.command;
        out.line(`${name.padEnd(11)}  ${type.count} x ${what}`);
      }
    },
  }),
  command({
    usage: "releases:diff <release>",
    target: "needed",
    example: "releases:diff v3 -a shop",
    operation: diffRelease,
    input: ({ target, args }) => ({ params: { target, release: parseRelease(args[0]) ?? 0 } }),
    print: printDiff,
  }),
  jobCommand({
    usage: "rollback [release]",
    aliases: ["releases:rollback"],
    target: "needed",
    example: "rollback v3 -a shop",
    operation: rollback,
    input: ({ target, args }) => ({
      params: { target },
      body: { release: parseRelease(args[0]) },
    }),
    jobs: (job) => [job],
  }),
];

function printDiff({ from, to, code, config }: ReleaseDiffView, out: Output): void {
  out.line(`From v${from} to v${to}`);
  if (code) printCodeChanges(code, out);
  else out.line("Their code cannot be compared: one of them is not kept any more.");
  for (const { of, name, secret, before, after } of config) {
    const values = secret ? "a secret" : `${before ?? "none"} -> ${after ?? "none"}`;
    out.line(`${of} ${name}: ${values}`);
  }
  if (code && isEmpty(code) && config.length === 0) out.line("Nothing differs.");
}

type CodeDiff = NonNullable<ReleaseDiffView["code"]>;

function isEmpty({ arriving, leaving, files }: CodeDiff): boolean {
  return arriving.length + leaving.length + files.length === 0;
}

function printCodeChanges(code: CodeDiff, out: Output): void {
  for (const { id, subject } of code.arriving) out.line(`+ ${id.slice(0, 10)} ${subject}`);
  for (const { id, subject } of code.leaving) out.line(`- ${id.slice(0, 10)} ${subject}`);
  for (const { path, added, removed } of code.files) {
    out.line(`  ${path}  ${added === null ? "not text" : `+${added} -${removed}`}`);
  }
  if (code.isCut) out.line("  and more");
}
