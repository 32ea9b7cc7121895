import { readLogs } from "#api/logs.ts";
import { action, type Context } from "./command.ts";

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
    ],
    example: "logs -a shop --tail -p web",
    run: showLogs,
  }),
];

async function showLogs({ client, target, options, out, signal }: Context): Promise<void> {
  const { tail, follow, num, process } = options;
  const query = {
    lines: typeof num === "string" ? num : 100,
    follow: tail || follow ? ("true" as const) : ("false" as const),
    ...(typeof process === "string" ? { process } : {}),
  };
  let lines = 0;
  for await (const line of client(readLogs, { params: { target }, query }, signal)) {
    lines += 1;
    if (out.json) out.valueLine(line);
    else out.printed(`${line.at} ${line.source} | `, line.text);
    await out.drained();
  }
  if (lines === 0) out.note(`${target} has printed nothing yet.`);
}
