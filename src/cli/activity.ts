import { listEvents } from "#api/events.ts";
import { jobInfo, listJobs } from "#api/jobs.ts";
import { command, jobCommand } from "./command.ts";
import { moment } from "./moment.ts";

const number = { flags: "-n, --num <number>", describe: "how many of the newest" };

export const activityCommands = [
  command({
    usage: "events",
    target: "optional",
    options: [number],
    example: "events -a shop",
    operation: listEvents,
    input: ({ target, options }) => ({ query: { ...only(target), ...limitOf(options) } }),
    print: (events, out) =>
      out.table(
        ["AT", "APP", "BY", "EVENT", "WHAT"],
        events.map((event) => [
          moment(event.at),
          event.target ?? "-",
          event.actor,
          event.type,
          event.message,
        ]),
        "Nothing has happened yet.",
      ),
  }),
  command({
    usage: "jobs",
    target: "optional",
    options: [number],
    example: "jobs -a shop",
    operation: listJobs,
    input: ({ target, options }) => ({ query: { ...only(target), ...limitOf(options) } }),
    print: (jobs, out) =>
      out.table(
        ["JOB", "APP", "KIND", "STATUS", "STEP", "CREATED", "BY"],
        jobs.map((job) => [
          String(job.id),
          job.target,
          job.kind,
          job.status,
          job.step ?? "-",
          moment(job.createdAt),
          job.actor,
        ]),
        "No job has run yet.",
      ),
  }),
  jobCommand({
    usage: "jobs:follow <job>",
    summary: "Shows a job's output up to its end.",
    example: "jobs:follow 12",
    operation: jobInfo,
    input: ({ args: [job = ""] }) => ({ params: { job } }),
    jobs: (job) => [job],
  }),
];

function only(target: string): { target?: string } {
  return target === "" ? {} : { target };
}

function limitOf(options: Readonly<Record<string, unknown>>): { limit?: string } {
  return typeof options["num"] === "string" ? { limit: options["num"] } : {};
}
