import { z } from "zod";
import { Target } from "#domain/app.ts";
import { operation } from "./operation.ts";
import { RunView } from "./views.ts";

const params = z.strictObject({ target: Target });

const Size = z.int().min(1).max(10_000);

export const createRun = operation({
  id: "runs.create",
  shownOnce: true,
  method: "POST",
  path: "/apps/:target/runs",
  summary: "Prepares a one-off command in the sandbox of the current release, to be attached to.",
  params,
  body: z.strictObject({
    command: z
      .string()
      .min(1)
      .max(100_000)
      .refine((command) => !command.includes("\0"), "a command cannot hold a NUL character")
      .describe("Read by a shell inside the sandbox."),
    terminal: z
      .strictObject({
        columns: Size,
        rows: Size,
        kind: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,63}$/, "use a name of terminfo")
          .describe("Value of TERM."),
      })
      .nullable()
      .default(null)
      .describe("A terminal of that size for the command; plain pipes when null."),
  }),
  result: RunView,
  errors: ["app_not_found", "branch_not_found", "never_deployed", "too_many_runs"],
  needs: "app:run",
});

export const listCustomCommands = operation({
  id: "runs.custom",
  method: "POST",
  path: "/apps/:target/custom-commands",
  summary: "Gives the command lines that the branch's configuration names under custom_cmds.",
  params,
  body: z.strictObject({ names: z.array(z.string().min(1).max(200)).min(1).max(100) }),
  result: z.array(z.object({ command: z.string() })),
  errors: ["app_not_found", "branch_not_found", "command_not_found", "never_deployed"],
  needs: "app:run",
});

/**
 * Where a run is attached to: a GET that upgrades the connection to frames (`sessionFrames` of
 * `domain/runner.ts`). The id is a secret that works once, so it needs no other permission.
 */
export function sessionPathOf(run: RunView): string {
  return `/api/v1/runs/${run.id}/session`;
}
