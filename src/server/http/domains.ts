import { addDomain, listDomains, removeDomain } from "#api/domains.ts";
import type { Domain } from "#domain/domain-name.ts";
import { visibleNames } from "./admit.ts";
import { handle, type Handler } from "./handle.ts";

export const domainHandlers: readonly Handler[] = [
  handle(listDomains, async ({ query, visible }, engine) =>
    (await engine.listDomains(query.target ?? null)).flatMap((it) =>
      seenBy(it, visibleNames(engine.people, visible)),
    ),
  ),
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
