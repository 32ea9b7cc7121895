import { z } from "zod";
import { ProcessTypeName, Target } from "#domain/app.ts";
import { list, oneOf } from "./list.ts";
import { operation } from "./operation.ts";
import { ChangeView, instanceStates, InstanceView, JobView } from "./views.ts";

const params = z.strictObject({ target: Target });

export const listInstances = list({
  id: "instances.list",
  path: "/apps/:target/instances",
  summary: "Lists the running instances of a branch.",
  params,
  item: InstanceView,
  filters: {
    processType: oneOf(ProcessTypeName).describe("Only of these process types."),
    state: oneOf(z.enum(instanceStates)).describe("Only those in these states."),
  },
  errors: ["app_not_found", "branch_not_found"],
  needs: "app:read",
});

export const scale = operation({
  id: "instances.scale",
  method: "PATCH",
  path: "/apps/:target/formation",
  summary: "Sets how many instances of each named process type a branch runs.",
  params,
  body: z.record(ProcessTypeName, z.int().nonnegative().max(1000)),
  result: ChangeView,
  errors: ["app_not_found", "branch_not_found", "process_type_not_found", "managed_by_file"],
  needs: "app:operate",
});

export const restart = operation({
  id: "instances.restart",
  method: "POST",
  path: "/apps/:target/restart",
  summary: "Replaces the instances of a branch, or one of them, by fresh ones.",
  params,
  body: z.strictObject({
    instance: z
      .string()
      .max(80)
      .regex(/^[A-Za-z][A-Za-z0-9_-]*(?:\.\d{1,6})?$/, "use a process type or one instance of it")
      .nullable()
      .default(null)
      .describe("Such as web.1; else all."),
  }),
  result: JobView,
  errors: [
    "app_not_found",
    "branch_not_found",
    "instance_not_found",
    "never_deployed",
    "nothing_runs",
  ],
  needs: "app:operate",
});

export const stopBranch = operation({
  id: "instances.stop",
  method: "POST",
  path: "/apps/:target/stop",
  summary: "Stops a branch until it is started again.",
  params,
  result: JobView,
  errors: ["app_not_found", "branch_not_found", "never_deployed"],
  needs: "app:operate",
});

export const startBranch = operation({
  id: "instances.start",
  method: "POST",
  path: "/apps/:target/start",
  summary: "Starts a stopped branch.",
  params,
  result: JobView,
  errors: ["app_not_found", "branch_not_found", "never_deployed", "ports_used_up"],
  needs: "app:operate",
});
