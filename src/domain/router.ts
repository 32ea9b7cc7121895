/**
 * The routing table has two kinds of entries, so that a deploy replaces one of them whatever the
 * number of domains: a host maps paths to a backend's process types, a backend (one branch) says
 * what stands behind each.
 */
export type HostRoute = {
  readonly locations: readonly Location[];
  /** Serve over TLS and redirect plain requests; the certificate's files, readable by the router. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
};

export type Location = {
  /** Prefix of the request path; `/` matches all, `/public` matches itself and what is below it. */
  readonly path: string;
  readonly upstream: Upstream;
  /** Answers while the upstream is in maintenance or was never deployed. */
  readonly maintenance: Upstream | null;
};

/** `backend` is the key of a backend: a branch's id. */
export type Upstream = { readonly backend: string; readonly processType: string };

export type Backend = {
  /** `held`: requests wait until `heldUntilMs`, then get the maintenance upstream or a 503. */
  readonly mode: "serving" | "held" | "stopped";
  readonly heldUntilMs: number | null;
  readonly processTypes: Readonly<Record<string, BackendType>>;
};

export type BackendType =
  | {
      readonly kind: "proxy";
      /** `127.0.0.1:61500`; empty when nothing runs. */
      readonly peers: readonly string[];
      readonly stripPrefix: boolean;
    }
  /** Absolute directory; symbolic links below it are never followed. */
  | { readonly kind: "static"; readonly root: string };

/** Keys are lower-case host names without port; `*.example.com` matches any depth below. */
export type RoutingTable = {
  readonly hosts: Readonly<Record<string, HostRoute>>;
  readonly backends: Readonly<Record<string, Backend>>;
};

/** A change of the table: null removes the entry. Applied in one step. */
export type RoutingChange = {
  readonly hosts: Readonly<Record<string, HostRoute | null>>;
  readonly backends: Readonly<Record<string, Backend | null>>;
};

/** What serves traffic. Holds its table without berthd; every verb is safe to repeat. */
export type Router = {
  /** Replaces the whole table. Resolves when every new request sees it. */
  readonly replace: (table: RoutingTable) => Promise<void>;
  /**
   * Changes entries. Kept on disk first, so that a router that is down starts with it.
   * Resolves when every new request sees it.
   */
  readonly change: (change: RoutingChange) => Promise<void>;
  /** Resolves when no request is in flight to `peer`, at the latest after `timeoutMs`; answers how many were left. */
  readonly drain: (peer: string, timeoutMs: number) => Promise<number>;
};
