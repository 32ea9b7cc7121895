import { z } from "zod";
import { operation } from "./operation.ts";
import {
  AppStatusView,
  EventView,
  InstanceView,
  JobView,
  LogLineView,
  Timestamp,
} from "./views.ts";

const topicsMax = 20;

/** `apps`, `apps:shop`, `drains:shop`, `instances:shop@staging`, `logs:shop`, `router:shop`, `output:12`. */
const Topic = z
  .string()
  .regex(
    /^(?:(?:apps|jobs|events|instances|drains|notifications|access)(?::[a-z][^,:]{0,163})?|teams|users|keys|tokens|sessions|audit|metrics|(?:logs|router|builds):[a-z][^,:]{0,163}|output:[1-9]\d{0,14})$/,
    "use apps, jobs, events, instances, drains, notifications or access, each alone or with :APP, teams, users, keys, tokens, sessions, audit, metrics, logs:APP, router:APP, builds:APP or output:JOB",
  );

/** What comes through the one stream; each event's `type` says what it is. */
const LiveEvent = z.discriminatedUnion("type", [
  z
    .object({ type: z.literal("hello"), version: z.string(), at: Timestamp })
    .describe("The first event. With another version than before, the page is out of date."),
  z
    .object({ type: z.literal("resync") })
    .describe("Something may have been missed: load again what is shown."),
  z.object({ type: z.literal("app"), app: AppStatusView }).describe("An app as it is now."),
  z.object({ type: z.literal("gone"), app: z.string() }).describe("An app is no more."),
  z
    .object({ type: z.literal("instances"), target: z.string(), instances: z.array(InstanceView) })
    .describe("The instances of a branch as they are now."),
  z.object({ type: z.literal("job"), job: JobView }).describe("A job as it is now."),
  z
    .object({ type: z.literal("event"), id: z.int(), event: EventView })
    .describe("Something happened. Its id is where to go on, given as Last-Event-ID."),
  z
    .object({ type: z.literal("log"), target: z.string(), line: LogLineView })
    .describe("A line of an instance, of the router, or of a build."),
  z
    .object({ type: z.literal("output"), job: z.int(), offset: z.int(), text: z.string() })
    .describe("Output of a job, up to the byte `offset`."),
  z
    .object({ type: z.literal("drains"), target: z.string() })
    .describe("The drains of a branch are not as they were, or do otherwise: list them again."),
  z
    .object({
      type: z.literal("notifications"),
      target: z.string().nullable(),
      team: z.string().nullable(),
    })
    .describe("Likewise who is told of events: of an app, of a team's, or of the installation."),
  z
    .object({ type: z.literal("access"), target: z.string() })
    .describe("Likewise who may do what with an app."),
  z
    .object({ type: z.literal("teams"), team: z.string() })
    .describe("Likewise the teams: this one, its people or how many apps it has."),
  z
    .object({
      type: z.enum(["users", "keys", "tokens", "sessions"]),
      user: z.string().nullable(),
    })
    .describe(
      "Likewise people, their keys, tokens or sessions; null for keys of the installation. One hears of oneself, who looks after people of all.",
    ),
  z
    .object({ type: z.literal("audit") })
    .describe("Likewise the audit, as far as the client may read it."),
  z.object({ type: z.literal("metrics") }).describe("All that is measured was measured anew."),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;

export const openStream = operation({
  id: "stream.open",
  method: "GET",
  path: "/stream",
  summary: "Streams everything that changes, as it changes, of the topics asked for.",
  query: z.strictObject({
    topics: z
      .string()
      .max(4000)
      .default("apps,jobs,events")
      .transform((text) => text.split(",").map((it) => it.trim()))
      .pipe(z.array(Topic).min(1).max(topicsMax))
      .describe(
        `apps, instances, jobs, events, drains, notifications, access, each alone or with :APP; teams, users, keys, tokens, sessions, audit, metrics; logs:APP, router:APP, builds:APP, output:JOB; up to ${topicsMax} with commas between them. apps,jobs,events by default.`,
      ),
    after: z.coerce
      .number<number | string>()
      .int()
      .nonnegative()
      .optional()
      .describe("Id of the last event that was seen: those that came since then are sent first."),
  }),
  result: LiveEvent,
  stream: true,
  errors: ["app_not_found", "branch_not_found", "job_not_found"],
  needs: "apps:read",
});
