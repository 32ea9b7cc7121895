import { z } from "zod";
import { Target } from "#domain/app.ts";
import { logOrigins } from "#domain/logs.ts";
import { operation } from "./operation.ts";
import { LogLineView } from "./views.ts";

export const readLogs = operation({
  id: "logs.read",
  method: "GET",
  path: "/apps/:target/logs",
  summary: "Reads what a branch's instances print, what the router answered, what its jobs did.",
  params: z.strictObject({ target: Target }),
  query: z.strictObject({
    process: z
      .string()
      .max(80)
      .regex(/^[A-Za-z][A-Za-z0-9_-]*(?:\.\d{1,6})?$/, "use a process type or one instance of it")
      .optional()
      .describe("Such as web or web.1; everything by default."),
    source: z
      .string()
      .regex(
        /^(?:all|(?:app|router|build)(?:,(?:app|router|build)){0,2})$/,
        "use app, router, build, several with commas between, or all",
      )
      .default("app")
      .transform((text) => [...new Set(text === "all" ? logOrigins : text.split(","))])
      .pipe(z.array(z.enum(logOrigins)))
      .describe("app, router, build, several with commas between, or all; app by default."),
    grep: z.string().min(1).max(200).optional().describe("Part of the line, whatever the case."),
    request: z
      .string()
      .regex(/^[A-Za-z0-9-]{8,64}$/, "use an X-Request-Id, as an answer bears it")
      .optional()
      .describe("Only lines of this request, by its X-Request-Id."),
    since: z.iso.datetime({ offset: true }).optional().describe("Only lines from then on."),
    lines: z.coerce
      .number<number | string>()
      .int()
      .min(0)
      .max(10_000)
      .default(100)
      .describe("How many of the newest lines; 100 by default."),
    follow: z.enum(["true", "false"]).default("false").describe("Goes on with what comes."),
  }),
  result: LogLineView,
  stream: true,
  errors: ["app_not_found", "branch_not_found", "process_type_not_found", "instance_not_found"],
  needs: "app:read",
});
