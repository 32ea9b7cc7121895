import { addDomain, listDomains, removeDomain } from "#api/domains.ts";
import type { Domain } from "#domain/domain-name.ts";
import { visibleNames } from "./admit.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { pageOf } from "./page.ts";

export const domainHandlers: readonly Handler[] = [
  handleList(listDomains, async ({ query, visible }, engine) => {
    const apps = visibleNames(engine.people, visible);
    const domains = await engine.listDomains(query.target ?? null);
    return pageOf(
      domains.flatMap((it) => seenBy(it, apps)),
      query,
      ({ name }) => name,
    );
  }),
  handle(addDomain, ({ params, body, actor }, engine) =>
    engine.addDomain(params.target, body.domain, actor),
  ),
  handle(removeDomain, async ({ params, actor }, engine) => {
    await engine.removeDomain(params.target, params.domain, actor);
    return { removed: params.domain };
  }),
];

/** A domain with the locations that lead to apps that may be seen; none without any. */
function seenBy(domain: Domain, apps: ReadonlySet<string> | null): Domain[] {
  if (apps === null) return [domain];
  const locations = domain.config.locations.filter(({ upstream }) => apps.has(upstream.app));
  return locations.length === 0 ? [] : [{ ...domain, config: { ...domain.config, locations } }];
}
