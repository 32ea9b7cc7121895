import type { Branch } from "#domain/branch.ts";
import { targetOf } from "#domain/branch.ts";
import type { Domain, DomainUpstream } from "#domain/domain-name.ts";
import type { Backend, HostRoute, RoutingTable } from "#domain/router.ts";
import type { EngineContext } from "./context.ts";
import { createKeyedLock } from "./locks.ts";
import { backendKey, backendOf, domainRouteOf, ownHostOf, ownRouteOf } from "./plan/routes.ts";

/** Brings what is recorded to the router, and only what differs from what it has. */
export type Publisher = {
  readonly all: () => Promise<void>;
  readonly branch: (branchId: number) => Promise<void>;
  readonly domains: (names: readonly string[]) => Promise<void>;
  /** Takes out what belonged to branches that are gone. */
  readonly forget: (branches: readonly Branch[], domains: readonly string[]) => Promise<void>;
};

export function createPublisher(context: EngineContext): Publisher {
  const { store, router, workspace, hostConfig } = context;
  const lock = createKeyedLock<"router">();
  const sent = new Map<string, string>();

  const currentOf = (branch: Branch) =>
    branch.currentReleaseId === null ? null : store.releases.get(branch.currentReleaseId);
  const backend = (branch: Branch) =>
    backendOf(branch, currentOf(branch), store.instances.of(branch.id), workspace.artifactDir);
  const ownHost = (branch: Branch) => ownHostOf(branch, hostConfig().settings.suffix);
  const domainRoute = (domain: Domain) =>
    domainRouteOf(domain.config, (upstream) => branchIdOf(context, upstream), tlsOf(domain));

  function table(): RoutingTable {
    const branches = store.branches.list();
    const own = branches.map(
      (branch) => [ownHost(branch), ownRouteOf(branch, currentOf(branch))] as const,
    );
    const named = store.domains.list().map((domain) => [domain.name, domainRoute(domain)] as const);
    const backends = branches.map((branch) => [backendKey(branch.id), backend(branch)] as const);
    return { hosts: withoutNull([...own, ...named]), backends: withoutNull(backends) };
  }

  async function change(
    hosts: Record<string, HostRoute | null>,
    backends: Record<string, Backend | null>,
  ) {
    const news = { hosts: onlyNews("h:", hosts), backends: onlyNews("b:", backends) };
    if (Object.keys(news.hosts).length + Object.keys(news.backends).length === 0) return;
    await router.change(news);
    remember("h:", news.hosts);
    remember("b:", news.backends);
  }

  function onlyNews<T>(prefix: string, entries: Record<string, T>): Record<string, T> {
    const isNew = ([key, value]: [string, T]) =>
      (sent.get(prefix + key) ?? "null") !== JSON.stringify(value);
    return Object.fromEntries(Object.entries(entries).filter(isNew));
  }

  function remember(prefix: string, entries: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(entries)) {
      if (value === null) sent.delete(prefix + key);
      else sent.set(prefix + key, JSON.stringify(value));
    }
  }

  return {
    all: () =>
      lock("router", async () => {
        const whole = table();
        await router.replace(whole);
        sent.clear();
        remember("h:", whole.hosts);
        remember("b:", whole.backends);
      }),
    branch: (branchId) =>
      lock("router", async () => {
        const branch = store.branches.get(branchId);
        if (!branch) return;
        const hosts = { [ownHost(branch)]: ownRouteOf(branch, currentOf(branch)) };
        await change(hosts, { [backendKey(branch.id)]: backend(branch) });
      }),
    domains: (names) =>
      lock("router", async () => {
        const routes = names.map((name) => {
          const domain = store.domains.get(name);
          return [name, domain ? domainRoute(domain) : null] as const;
        });
        await change(Object.fromEntries(routes), {});
      }),
    forget: (branches, domains) =>
      lock("router", async () => {
        const hosts = [...branches.map(ownHost), ...domains].map((name) => [name, null] as const);
        const backends = branches.map((branch) => [backendKey(branch.id), null] as const);
        await change(Object.fromEntries(hosts), Object.fromEntries(backends));
      }),
  };
}

/** Where visitors reach a branch: its domains, else its own host name. */
export function urlsOf({ store, hostConfig }: EngineContext, branch: Branch): string[] {
  const { suffix, listen } = hostConfig().settings;
  const serves = (domain: Domain) =>
    domain.config.locations.some(
      ({ upstream }) => upstream.app === branch.appName && upstream.branch === branch.name,
    );
  const named = store.domains.list().filter(serves);
  const urls = named.map(({ name, config }) =>
    config.ssl ? `https://${name}:${listen.tls}` : `http://${name}:${listen.direct}`,
  );
  return [...urls, `http://${ownHostOf(branch, suffix)}:${listen.direct}`];
}

export function branchIdOf({ store }: EngineContext, upstream: DomainUpstream): number | null {
  const app = store.apps.named(upstream.app);
  const branch = app && store.branches.of(app.id).find((it) => it.name === upstream.branch);
  return branch?.id ?? null;
}

export function ownerOf(domain: Domain): string {
  const [first] = domain.config.locations;
  if (domain.managedBy) return `the file ${domain.managedBy}`;
  return first
    ? targetOf({ appName: first.upstream.app, name: first.upstream.branch, isDefault: true })
    : "nobody";
}

function tlsOf({ config }: Domain): HostRoute["tls"] {
  if (!config.ssl) return null;
  return { certificate: config.certificate ?? "", key: config.key ?? "" };
}

function withoutNull<T>(entries: readonly (readonly [string, T | null])[]): Record<string, T> {
  return Object.fromEntries(
    entries.filter((entry): entry is readonly [string, T & {}] => entry[1] !== null),
  );
}
