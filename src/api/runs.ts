import { z } from "zod";
import { Target } from "#domain/app.ts";
import { operation } from "./operation.ts";
import { PreparedRunView } from "./views.ts";

const params = z.strictObject({ target: Target });

export const prepareRun = operation({
  id: "runs.prepare",
  method: "POST",
  path: "/apps/:target/runs",
  summary: "Prepares a one-off command in the sandbox of the current release.",
  params,
  body: z.strictObject({
    command: z
      .string()
      .min(1)
      .max(100_000)
      .refine((command) => !command.includes("\0"), "a command cannot hold a NUL character")
      .describe("Read by a shell inside the sandbox."),
  }),
  result: PreparedRunView,
  errors: ["app_not_found", "branch_not_found", "never_deployed"],
  needs: "app:run",
  localOnly: true,
});

export const prepareCustomCommands = operation({
  id: "runs.custom",
  method: "POST",
  path: "/apps/:target/custom-commands",
  summary: "Prepares commands that the branch's configuration names under custom_cmds.",
  params,
  body: z.strictObject({ names: z.array(z.string().min(1).max(200)).min(1).max(100) }),
  result: z.array(PreparedRunView),
  errors: ["app_not_found", "branch_not_found", "command_not_found", "never_deployed"],
  needs: "app:run",
  localOnly: true,
});
