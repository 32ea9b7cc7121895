import { z } from "zod";
import { AppName, BranchName, Target } from "#domain/app.ts";
import { TeamName } from "#domain/team.ts";
import { operation } from "./operation.ts";
import { pushRoutes } from "./push-routes.ts";
import { JobView } from "./views.ts";

const params = z.strictObject({ app: AppName });

const CommitId = z
  .string()
  .regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/, "use a full commit id in lower case");

export const openRepository = operation({
  id: "repositories.open",
  ...pushRoutes.openRepository,
  summary: "Gives the directory of an app's repository to the program that receives a push.",
  params,
  result: z.object({
    directory: z.string(),
    app: z.string(),
    pushBytesMax: z.int().describe("What one push may send."),
  }),
  errors: ["app_not_found", "disk_low"],
  needs: "app:deploy",
  localOnly: true,
});

export const createRepository = operation({
  id: "repositories.create",
  ...pushRoutes.createRepository,
  summary: "Makes an app for the first push to its name, where create_on_push allows that.",
  body: z.strictObject({
    app: AppName,
    team: TeamName.optional().describe("Team that owns it; your own when you rule one only."),
  }),
  result: z.object({ app: AppName }),
  errors: ["app_not_found", "app_exists", "team_not_found"],
  needs: "team:admin",
  localOnly: true,
});

export const readRepository = operation({
  id: "repositories.read",
  ...pushRoutes.readRepository,
  summary: "Gives the directory of an app's repository to the program that sends a clone.",
  params,
  result: z.object({ directory: z.string(), app: z.string() }),
  errors: ["app_not_found"],
  needs: "app:read",
  localOnly: true,
});

export const createDeploy = operation({
  id: "deploys.create",
  ...pushRoutes.createDeploy,
  summary: "Deploys a commit that is in the repository; the branch moves when it is live.",
  params,
  body: z.strictObject({
    branch: BranchName,
    from: CommitId.nullable().describe("Where the branch stood; null when it is new."),
    commit: CommitId,
  }),
  result: JobView,
  errors: ["app_not_found", "branch_moved", "stopping"],
  needs: "app:deploy",
  localOnly: true,
});

export const rebuild = operation({
  id: "deploys.rebuild",
  method: "POST",
  path: "/rebuild",
  summary: "Builds and deploys again what is current, of one branch or of all.",
  body: z.strictObject({ target: Target.nullable().default(null).describe("All when null.") }),
  result: z.array(JobView),
  errors: ["app_not_found", "branch_not_found", "never_deployed"],
  needs: "app:deploy",
});
