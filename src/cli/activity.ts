import { listEvents } from "#api/events.ts";
import { abortJob, jobInfo, listJobs } from "#api/jobs.ts";
import { command, jobCommand } from "./command.ts";
import { listCommand } from "./list-command.ts";
import { printJob } from "./job-tree.ts";
import { moment } from "./moment.ts";
import { firstLineOf } from "./words.ts";

export const activityCommands = [
  listCommand({
    usage: "events",
    target: "optional",
    isLong: true,
    example: "events -a shop --type deploy.failed,instance.exited",
    operation: listEvents,
    input: ({ target }) => ({ query: only(target) }),
    print: (events, { out }) =>
      out.table(
        ["AT", "APP", "BY", "DOOR", "EVENT", "WHAT"],
        events.map((event) => [
          moment(event.at),
          event.target ?? "-",
          event.actor,
          event.door,
          event.type,
          firstLineOf(event.message),
        ]),
        "Nothing has happened yet.",
      ),
  }),
  listCommand({
    usage: "jobs",
    target: "optional",
    isLong: true,
    example: "jobs -a shop --status failed",
    operation: listJobs,
    input: ({ target }) => ({ query: only(target) }),
    print: (jobs, { out }) =>
      out.table(
        ["JOB", "APP", "KIND", "STATUS", "STEP", "CREATED", "BY"],
        jobs.map((job) => [
          String(job.id),
          job.target || "-",
          job.kind,
          job.status,
          job.step ?? "-",
          moment(job.createdAt),
          job.actor,
        ]),
        "No job has run yet.",
      ),
  }),
  command({
    usage: "jobs:info <job>",
    example: "jobs:info 12",
    operation: jobInfo,
    input: ({ args: [job = ""] }) => ({ params: { job } }),
    print: (job, out) => printJob(job, out),
  }),
  command({
    usage: "jobs:abort <job>",
    example: "jobs:abort 12",
    operation: abortJob,
    input: ({ args: [job = ""] }) => ({ params: { job } }),
    print: (job, out) => out.line(`Aborted job ${job.id} of ${job.target}.`),
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
