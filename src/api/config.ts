import { z } from "zod";
import { Target } from "#domain/app.ts";
import { operation } from "./operation.ts";
import { ChangeView } from "./views.ts";

const params = z.strictObject({ target: Target });

const ConfigVarName = z
  .string()
  .max(200, "use at most 200 characters")
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "use letters, digits and _, not starting with a digit");

const ConfigVarValue = z
  .string()
  .max(100_000, "use at most 100,000 characters")
  .refine((value) => !value.includes("\0"), "an environment cannot hold a NUL character");

export const listConfigVars = operation({
  id: "config.list",
  method: "GET",
  path: "/apps/:target/config",
  summary: "Shows the config vars of a branch with their values.",
  params,
  result: z.record(z.string(), z.string()),
  errors: ["app_not_found", "branch_not_found"],
  needs: "deploy",
});

export const changeConfigVars = operation({
  id: "config.change",
  method: "PATCH",
  path: "/apps/:target/config",
  summary: "Sets config vars, or unsets those given as null; releases at once when deployed.",
  params,
  body: z.record(ConfigVarName, ConfigVarValue.nullable()),
  result: ChangeView,
  errors: ["app_not_found", "branch_not_found", "config_var_not_found", "managed_by_file"],
  needs: "deploy",
});
