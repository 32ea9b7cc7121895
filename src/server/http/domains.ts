import { addDomain, listDomains, removeDomain } from "#api/domains.ts";
import { handle, type Handler } from "./handle.ts";

export const domainHandlers: readonly Handler[] = [
  handle(listDomains, ({ query }, engine) => engine.listDomains(query.target ?? null)),
  handle(addDomain, ({ params, body, actor }, engine) =>
    engine.addDomain(params.target, body.domain, actor),
  ),
  handle(removeDomain, async ({ params, actor }, engine) => {
    await engine.removeDomain(params.target, params.domain, actor);
    return { removed: params.domain };
  }),
];
