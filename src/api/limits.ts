import { z } from "zod";
import { Target } from "#domain/app.ts";
import { ChangedLimits, LimitScope } from "#domain/limit-choices.ts";
import { limitNames, Limits, type LimitName } from "#domain/limits.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { ChangeView } from "./views.ts";

const params = z.strictObject({ target: Target });

// The names are the keys of the table, as its type says.
const nameList = Object.keys(limitNames) as [LimitName, ...LimitName[]];

const LimitStatusView = z.object({
  scope: LimitScope,
  limits: Limits,
  used: z
    .object({ cpuCores: z.number(), memoryBytes: z.number() })
    .nullable()
    .describe("The most that one of its instances uses at the moment."),
  chosen: z.array(z.enum(nameList)).describe("Those that somebody chose; the others are defaults."),
  notes: z
    .array(z.string())
    .describe("Those chosen that this machine cannot give, or not enforce."),
});
export type LimitStatusView = z.infer<typeof LimitStatusView>;

export const listLimits = list({
  id: "limits.list",
  path: "/apps/:target/limits",
  summary: "Shows what each instance and each build of a branch may use.",
  params,
  item: LimitStatusView,
  errors: ["app_not_found", "branch_not_found"],
  needs: "app:read",
});

export const changeLimits = operation({
  id: "limits.change",
  method: "PATCH",
  path: "/apps/:target/limits",
  summary:
    "Limits the instances of a branch, of one process type, or its builds; null takes a choice back.",
  params,
  body: z.strictObject({ scope: LimitScope, limits: ChangedLimits }),
  result: ChangeView,
  errors: ["app_not_found", "branch_not_found", "process_type_not_found", "managed_by_file"],
  needs: "app:configure",
});
