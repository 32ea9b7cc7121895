import { readLogs } from "#api/logs.ts";
import { action, type Context } from "./command.ts";
import { lineMoment, sinceOf } from "./moment.ts";

export const logCommands = [
  action({
    usage: "logs [app]",
    target: "argument",
    summary: readLogs.summary,
    options: [
      { flags: "-t, --tail", describe: "go on with what comes" },
      { flags: "-f, --follow", describe: "the same as --tail" },
      { flags: "-n, --num <lines>", describe: "how many of the newest lines (100)" },
      { flags: "-p, --process <name>", describe: "only of a process type or an instance: web.1" },
      { flags: "--source <names>", describe: "app, router, build, or all (app)" },
      { flags: "--grep <text>", describe: "only lines with this text, whatever the case" },
      { flags: "--since <time>", describe: "how far back: 30m, 6h, 7d" },
      { flags: "--request <id>", describe: "what router and app say of a request: X-Request-Id" },
    ],
    example: "logs -a shop --tail -p web",
    run: showLogs,
  }),
];

async function showLogs({ client, target, options, out, signal }: Context): Promise<void> {
  const query = queryOf(options);
  let lines = 0;
  for await (const line of client(readLogs, { params: { target }, query }, signal)) {
    lines += 1;
    if (out.json) out.valueLine(line);
    else out.printed(`${lineMoment(line.at)} ${line.source} | `, line.text);
    await out.drained();
  }
  const isFiltered = Object.keys(query).some((key) => !["lines", "follow"].includes(key));
  if (lines > 0) return;
  out.note(
    isFiltered
      ? `Nothing that is kept of ${target} fits. All of it: berth logs -a ${target} --source all`
      : `${target} has printed nothing yet. Requests: berth logs -a ${target} --source router`,
  );
}

function queryOf({ tail, follow, num, since, ...options }: Context["options"]) {
  // Router and app both have something to say of a request.
  const source = textOf(options["source"]) ?? (options["request"] ? "app,router" : null);
  const wanted = {
    process: textOf(options["process"]),
    grep: textOf(options["grep"]),
    request: textOf(options["request"]),
    since: typeof since === "string" ? sinceOf(since) : null,
    source,
  };
  return {
    lines: textOf(num) ?? 100,
    follow: tail || follow ? ("true" as const) : ("false" as const),
    ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null)),
  };
}

function textOf(option: string | boolean | undefined): string | null {
  return typeof option === "string" ? option : null;
}
