import { z } from "zod";
import { Target } from "#domain/app.ts";
import { DomainName } from "#domain/domain-name.ts";
import { list } from "./list.ts";
import { operation } from "./operation.ts";
import { DomainView } from "./views.ts";

const params = z.strictObject({ target: Target });

export const listDomains = list({
  id: "domains.list",
  path: "/domains",
  summary: "Lists the domains of a branch, or all of them.",
  item: DomainView,
  filters: { target: Target.optional() },
  errors: ["app_not_found", "branch_not_found"],
  needs: "apps:read",
});

export const addDomain = operation({
  id: "domains.add",
  method: "POST",
  path: "/apps/:target/domains",
  summary: "Lets a branch answer at a domain.",
  params,
  body: z.strictObject({ domain: DomainName }),
  result: DomainView,
  errors: ["app_not_found", "branch_not_found", "domain_taken"],
  needs: "app:configure",
});

export const removeDomain = operation({
  id: "domains.remove",
  method: "DELETE",
  path: "/apps/:target/domains/:domain",
  summary: "Takes a domain away from a branch.",
  params: params.extend({ domain: DomainName }),
  result: z.object({ removed: DomainName }),
  errors: ["app_not_found", "branch_not_found", "domain_not_found", "managed_by_file"],
  needs: "app:configure",
});
