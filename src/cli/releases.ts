import { listReleases, releaseInfo, rollback } from "#api/releases.ts";
import { command, jobCommand } from "./command.ts";
import { moment } from "./moment.ts";
import { parseRelease } from "./words.ts";

export const releaseCommands = [
  command({
    usage: "releases [app]",
    target: "argument",
    example: "releases -a shop",
    operation: listReleases,
    input: ({ target }) => ({ params: { target } }),
    print: (releases, out, { target }) =>
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
