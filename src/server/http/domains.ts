import { addDomain, listDomains, removeDomain } from "#api/domains.ts";
import type { Domain } from "#domain/domain-name.ts";
import { PlatformError } from "#domain/errors.ts";
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
  handle(addDomain, async ({ params, body: { domain }, actor, visible }, engine) => {
    const apps = visibleNames(engine.people, visible);
    return engine.addDomain(params.target, domain, actor).catch((error: unknown) => {
      throw withoutOwner(error, apps);
    });
  }),
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

/** That a domain is taken cannot be hidden; by whom can be. */
function withoutOwner(error: unknown, apps: ReadonlySet<string> | null): unknown {
  if (!(error instanceof PlatformError) || error.code !== "domain_taken") return error;
  const { domain = "", owner = "" } = error.details;
  const isSeen = apps === null || apps.has(String(owner));
  return isSeen ? error : new PlatformError("domain_taken", { domain, owner: "another app" });
}
