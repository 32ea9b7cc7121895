import type { Branch } from "#domain/branch.ts";
import { targetOf } from "#domain/branch.ts";
import type { Domain, DomainUpstream } from "#domain/domain-name.ts";
import type { Release } from "#domain/release.ts";
import type { Store } from "#domain/store.ts";
import type { Backend, HostRoute, Location, RoutingChange, RoutingTable } from "#domain/router.ts";
import type { EngineContext } from "./context.ts";
import { Semaphore } from "./locks.ts";
import { currentIfDeployed } from "./targets.ts";
import { backendKey, backendOf, domainRouteOf, ownHostOf, ownRouteOf } from "./plan/routes.ts";

const hostPrefix = "h:";
const backendPrefix = "b:";

/** Brings what is recorded to the router, and only what differs from what it has. */
export class Publisher {
  readonly #context: EngineContext;
  readonly #turn = new Semaphore(() => 1);
  /** What the router has, each entry by its kind and key. */
  readonly #sent = new Map<string, string>();
  /** What each host name leads to, as the router has it. */
  readonly #locations = new Map<string, readonly Location[]>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Replaces whatever the router has. */
  async all(): Promise<void> {
    await this.#turn.run(async () => {
      const table = this.#table();
      await this.#context.router.replace(table);
      this.#sent.clear();
      this.#locations.clear();
      this.#remember(table);
    });
  }

  /** Brings over every difference in one step, as after a change of the configuration. */
  async differences(): Promise<void> {
    await this.#turn.run(async () => {
      const table = this.#table();
      const gone = (prefix: string) =>
        [...this.#sent.keys()]
          .filter((key) => key.startsWith(prefix))
          .map((key) => [key.slice(prefix.length), null] as const);
      await this.#change({
        hosts: { ...Object.fromEntries(gone(hostPrefix)), ...table.hosts },
        backends: { ...Object.fromEntries(gone(backendPrefix)), ...table.backends },
      });
    });
  }

  /** Where the router leads visitors of this host name; empty when nowhere. */
  locationsOf(host: string): readonly Location[] {
    return this.#locations.get(host) ?? [];
  }

  async branch(branchId: number): Promise<void> {
    await this.#turn.run(async () => {
      const branch = this.#context.store.branches.get(branchId);
      if (!branch) return;
      const host = this.#ownHost(branch);
      const key = backendKey(branch.id);
      // The first that is heard of a branch, or of a release of it: domains may have waited for it.
      const isNew = !this.#sent.has(hostPrefix + host) || !this.#sent.has(backendPrefix + key);
      const domains = isNew ? this.#domainsOf(branch) : {};
      await this.#change({
        hosts: { [host]: this.#ownRoute(branch), ...domains },
        backends: { [key]: this.#backend(branch) },
      });
    });
  }

  async domains(names: readonly string[]): Promise<void> {
    await this.#turn.run(async () => {
      const routes = names.map((name) => [name, this.#hostRoute(name)] as const);
      await this.#change({ hosts: Object.fromEntries(routes), backends: {} });
    });
  }

  /** Takes out what belongs to branches that go, and leads other domains past them. */
  async forget(branches: readonly Branch[], domains: readonly string[]): Promise<void> {
    await this.#turn.run(async () => {
      const context = this.#context;
      const { store } = context;
      const ids = new Set<number | null>(branches.map(({ id }) => id));
      const idOf: IdOf = (upstream) => {
        const id = branchIdOf(context, upstream);
        return ids.has(id) ? null : id;
      };
      const others = branches.flatMap((it) => domainsOf(store, it));
      const own = branches.map((it) => this.#ownHost(it)).filter((it) => !store.domains.get(it));
      const hosts = [...own, ...domains];
      await this.#change({
        hosts: {
          ...Object.fromEntries(others.map((it) => [it.name, domainRoute(it, idOf)])),
          ...Object.fromEntries(hosts.map((name) => [name, null])),
        },
        backends: Object.fromEntries(branches.map(({ id }) => [backendKey(id), null])),
      });
    });
  }

  #table(): RoutingTable {
    const { store, workspace } = this.#context;
    const branches = store.branches.list();
    // Asked for together: one by one they would hold up the start with thousands of apps.
    const ids = branches.flatMap(({ currentReleaseId }) => currentReleaseId ?? []);
    const releases = new Map(store.releases.many(ids).map((it) => [it.id, it]));
    const currentOf = (it: Branch) => releases.get(it.currentReleaseId ?? 0) ?? null;
    const instances = Map.groupBy(store.instances.list(), ({ branchId }) => branchId);
    const own = branches.map((it) => [this.#ownHost(it), ownRouteOf(it, currentOf(it))] as const);
    const idOf = branchIdAmong(branches);
    const named = store.domains.list().map((it) => [it.name, domainRoute(it, idOf)] as const);
    const backends = branches.map((it) => {
      const mine = instances.get(it.id) ?? [];
      const backend = backendOf(it, currentOf(it), mine, workspace.artifactDir);
      return [backendKey(it.id), backend] as const;
    });
    return { hosts: withoutNull([...own, ...named]), backends: withoutNull(backends) };
  }

  #hostRoute(name: string): HostRoute | null {
    const { store } = this.#context;
    const domain = store.domains.get(name);
    if (domain) return this.#domainRoute(domain);
    const branch = store.branches.list().find((it) => this.#ownHost(it) === name);
    return branch ? this.#ownRoute(branch) : null;
  }

  /** A domain comes before a branch's own host of the same name. */
  #ownRoute(branch: Branch): HostRoute | null {
    const domain = this.#context.store.domains.get(this.#ownHost(branch));
    return domain ? this.#domainRoute(domain) : ownRouteOf(branch, this.#currentOf(branch));
  }

  #domainsOf(branch: Branch): Record<string, HostRoute | null> {
    const named = domainsOf(this.#context.store, branch);
    return Object.fromEntries(named.map((it) => [it.name, this.#domainRoute(it)]));
  }

  #ownHost(branch: Branch): string {
    return ownHostOf(branch, this.#context.hostConfig().settings.suffix);
  }

  #currentOf(branch: Branch): Release | null {
    return currentIfDeployed(this.#context.store, branch);
  }

  #backend(branch: Branch): Backend | null {
    const { store, workspace } = this.#context;
    const instances = store.instances.of(branch.id);
    return backendOf(branch, this.#currentOf(branch), instances, workspace.artifactDir);
  }

  #domainRoute(domain: Domain): HostRoute | null {
    return domainRoute(domain, (upstream) => branchIdOf(this.#context, upstream));
  }

  async #change({ hosts, backends }: RoutingChange): Promise<void> {
    const news = {
      hosts: this.#onlyNews(hostPrefix, hosts),
      backends: this.#onlyNews(backendPrefix, backends),
    };
    if (Object.keys(news.hosts).length + Object.keys(news.backends).length === 0) return;
    await this.#context.router.change(news);
    this.#remember(news);
  }

  #onlyNews<T>(prefix: string, entries: Readonly<Record<string, T>>): Record<string, T> {
    const isNew = ([key, value]: [string, T]) =>
      (this.#sent.get(prefix + key) ?? "null") !== JSON.stringify(value);
    return Object.fromEntries(Object.entries(entries).filter(isNew));
  }

  #remember({ hosts, backends }: RoutingChange): void {
    for (const [host, route] of Object.entries(hosts)) {
      if (route === null) this.#locations.delete(host);
      else this.#locations.set(host, route.locations);
    }
    for (const [prefix, entries] of [
      [hostPrefix, hosts],
      [backendPrefix, backends],
    ] as const) {
      for (const [key, value] of Object.entries(entries)) {
        if (value === null) this.#sent.delete(prefix + key);
        else this.#sent.set(prefix + key, JSON.stringify(value));
      }
    }
  }
}

/** Where visitors reach a branch, given the domains if they are at hand. */
export function urlsOf(
  { store, hostConfig }: EngineContext,
  branch: Branch,
  domains: readonly Domain[] = store.domains.of(branch.appName),
): string[] {
  const { suffix, listen } = hostConfig().settings;
  const named = domains.filter((it) => leadsTo(it, branch));
  const urls = named.map(({ name, config }) =>
    config.ssl ? `https://${name}:${listen.tls}` : `http://${name}:${listen.direct}`,
  );
  return [...urls, `http://${ownHostOf(branch, suffix)}:${listen.direct}`];
}

export function domainsOf({ domains }: Store, branch: Branch): Domain[] {
  return domains.of(branch.appName).filter((it) => leadsTo(it, branch));
}

function leadsTo({ config }: Domain, { appName, name }: Branch): boolean {
  return config.locations.some(
    ({ upstream }) => upstream.app === appName && upstream.branch === name,
  );
}

type IdOf = (upstream: DomainUpstream) => number | null;

function domainRoute(domain: Domain, idOf: IdOf): HostRoute | null {
  return domainRouteOf(domain.config, idOf, tlsOf(domain));
}

/** For many domains: one by one they would each ask the store. */
function branchIdAmong(branches: readonly Branch[]): IdOf {
  // Neither name has a space in it.
  const ids = new Map(branches.map((it) => [`${it.appName} ${it.name}`, it.id]));
  return ({ app, branch }) => ids.get(`${app} ${branch}`) ?? null;
}

function branchIdOf({ store }: EngineContext, upstream: DomainUpstream): number | null {
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
