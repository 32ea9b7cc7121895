import { z } from "zod";
import { Target } from "#domain/app.ts";
import { operation } from "./operation.ts";
import { LogLineView } from "./views.ts";

export const readLogs = operation({
  id: "logs.read",
  method: "GET",
  path: "/apps/:target/logs",
  summary: "Reads what the instances of a branch print.",
  params: z.strictObject({ target: Target }),
  query: z.strictObject({
    process: z
      .string()
      .max(80)
      .regex(/^[A-Za-z][A-Za-z0-9_-]*(?:\.\d{1,6})?$/, "use a process type or one instance of it")
      .optional()
      .describe("Such as web or web.1; everything by default."),
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
  needs: "read",
});
