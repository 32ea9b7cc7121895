import type {
  Backend,
  BackendType,
  HostRoute,
  Location,
  Router,
  RoutingTable,
  Upstream,
} from "#domain/router.ts";

/** What would happen to a request. */
export type RouteAnswer =
  | { readonly do: "pass"; readonly peers: readonly string[]; readonly path: string }
  | { readonly do: "file"; readonly path: string }
  | { readonly do: "wait"; readonly untilMs: number }
  | { readonly do: "redirect" }
  | { readonly do: "refuse"; readonly status: 404 | 503 };

export type MemoryRouter = Router & {
  readonly table: () => RoutingTable;
  /** Decides as the router would for a plain request. */
  readonly answer: (host: string, path: string, nowMs: number) => RouteAnswer;
  /** Ends of requests that are under way, by peer; a drain waits for them. */
  readonly underWay: Map<string, Promise<void>>;
};

/** A router that serves nobody: what the engine's tests look at. */
export function createMemoryRouter(): MemoryRouter {
  const hosts = new Map<string, HostRoute>();
  const backends = new Map<string, Backend>();
  const underWay: MemoryRouter["underWay"] = new Map();
  return {
    underWay,
    replace: async (table) => {
      hosts.clear();
      backends.clear();
      apply(hosts, table.hosts);
      apply(backends, table.backends);
    },
    change: async (change) => {
      apply(hosts, change.hosts);
      apply(backends, change.backends);
    },
    drain: async (peer) => {
      await underWay.get(peer);
      return 0;
    },
    table: () => ({ hosts: Object.fromEntries(hosts), backends: Object.fromEntries(backends) }),
    answer: (host, path, nowMs) => {
      const route = routeOf(hosts, nameOf(host));
      if (!route) return { do: "refuse", status: 404 };
      if (route.tls) return { do: "redirect" };
      const location = locationOf(route, path);
      if (!location) return { do: "refuse", status: 404 };
      return answerOf(backends, { location, path, nowMs });
    },
  };
}

function apply<T>(entries: Map<string, T>, changes: Readonly<Record<string, T | null>>): void {
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) entries.delete(key);
    else entries.set(key, value);
  }
}

function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
}

function routeOf(hosts: ReadonlyMap<string, HostRoute>, name: string): HostRoute | undefined {
  const labels = name.split(".");
  const wildcards = labels.map((_, index) => `*.${labels.slice(index + 1).join(".")}`);
  const found = [name, ...wildcards].find((key) => hosts.has(key));
  return found === undefined ? undefined : hosts.get(found);
}

function locationOf(route: HostRoute, path: string): Location | undefined {
  return route.locations
    .toSorted((a, b) => b.path.length - a.path.length)
    .find((location) => {
      const prefix = location.path.replace(/\/+$/, "");
      return path === prefix || path.startsWith(`${prefix}/`);
    });
}

type Asked = { readonly location: Location; readonly path: string; readonly nowMs: number };

function answerOf(backends: ReadonlyMap<string, Backend>, asked: Asked): RouteAnswer {
  const { location, nowMs } = asked;
  const backend = backends.get(location.upstream.backend);
  const untilMs = backend?.mode === "held" ? (backend.heldUntilMs ?? 0) : 0;
  if (nowMs < untilMs) return { do: "wait", untilMs };
  const standIn = backend?.mode === "stopped" ? null : location.maintenance;
  const found = typeOf(backends, location.upstream) ?? typeOf(backends, standIn);
  return found && isUsable(found) ? serve(found, asked) : { do: "refuse", status: 503 };
}

function typeOf(
  backends: ReadonlyMap<string, Backend>,
  upstream: Upstream | null,
): BackendType | undefined {
  const backend = upstream ? backends.get(upstream.backend) : undefined;
  if (!upstream || backend?.mode !== "serving") return undefined;
  return backend.processTypes[upstream.processType];
}

function isUsable(type: BackendType): boolean {
  return type.kind === "static" || type.peers.length > 0;
}

function serve(type: BackendType, { location, path }: Asked): RouteAnswer {
  const below = path.slice(location.path.replace(/\/+$/, "").length) || "/";
  if (type.kind === "static") return { do: "file", path: `${type.root}${below}` };
  return { do: "pass", peers: type.peers, path: type.stripPrefix ? below : path };
}
