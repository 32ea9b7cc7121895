import { z } from "zod";
import { Target } from "#domain/app.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { ChangeView, ConfigVarView } from "./views.ts";

const params = z.strictObject({ target: Target });

const ConfigVarName = z
  .string()
  .max(200, "use at most 200 characters")
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "use letters, digits and _, not starting with a digit");

const ConfigVarValue = z
  .string()
  .max(100_000, "use at most 100,000 characters")
  .refine((value) => !value.includes("\0"), "an environment cannot hold a NUL character");

export const listConfigVars = list({
  id: "config.list",
  path: "/apps/:target/config",
  summary: "Lists the config vars of a branch; the values of secrets are not shown.",
  params,
  item: ConfigVarView,
  errors: ["app_not_found", "branch_not_found"],
  needs: "app:configure",
});

export const revealConfigVars = operation({
  id: "config.reveal",
  shownOnce: true,
  method: "POST",
  path: "/apps/:target/config/reveal",
  summary: "Shows the values of config vars, of secrets too; that they were shown is an event.",
  params,
  body: z.strictObject({
    names: z.array(ConfigVarName).max(1000).nullable().default(null).describe("All by default."),
  }),
  result: z.record(z.string(), z.string()),
  errors: ["app_not_found", "branch_not_found", "config_var_not_found", "secret_unreadable"],
  needs: "app:reveal",
});

export const changeConfigVars = operation({
  id: "config.change",
  method: "PATCH",
  path: "/apps/:target/config",
  summary:
    "Sets config vars, unsets those given as null; {secret: value} makes a secret. Releases at once when deployed.",
  params,
  body: z.record(
    ConfigVarName,
    z.union([ConfigVarValue, z.strictObject({ secret: ConfigVarValue }), z.null()]),
  ),
  result: ChangeView,
  errors: ["app_not_found", "branch_not_found", "config_var_not_found", "managed_by_file"],
  needs: "app:configure",
});
