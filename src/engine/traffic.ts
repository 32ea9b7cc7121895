import type { RequestLine } from "#domain/request-log.ts";
import type { Location } from "#domain/router.ts";
import type { EngineContext } from "./context.ts";
import { nameOf } from "./health.ts";
import type { Publisher } from "./publish.ts";

/** Whose a request was. */
export type Owner = {
  readonly branchId: number;
  readonly processType: string;
  /** `web.1`; null when the router answered itself: a file, or a page of its own. */
  readonly instance: string | null;
};

type Holder = Owner & { readonly sinceMs: number; readonly before: Holder | null };

/** Tells of each request whose it was: by the instance that answered, else by host and path. */
export class Traffic {
  readonly #context: EngineContext;
  readonly #publisher: Publisher;
  #holders = new Map<string, Holder>();

  constructor(context: EngineContext, publisher: Publisher) {
    this.#context = context;
    this.#publisher = publisher;
  }

  /** To be called before each batch. A port may have passed to another instance since the last one. */
  refresh(): void {
    const { store } = this.#context;
    const holders = new Map<string, Holder>();
    for (const it of store.instances.places()) {
      if (it.port === null) continue;
      const peer = `127.0.0.1:${it.port}`;
      const known = this.#holders.get(peer) ?? null;
      const sinceMs = it.createdAt.getTime();
      const owner = { branchId: it.branchId, processType: it.processType, instance: nameOf(it) };
      const before = known && { ...known, before: null };
      holders.set(peer, known?.sinceMs === sinceMs ? known : { ...owner, sinceMs, before });
    }
    // What is gone may still have lines to come.
    for (const [peer, known] of this.#holders) if (!holders.has(peer)) holders.set(peer, known);
    this.#holders = holders;
  }

  /** Null for what was meant for no app. */
  ownerOf({ peer, atMs, host, path }: RequestLine): Owner | null {
    const holder = peer === null ? undefined : this.#holders.get(peer);
    if (holder && (holder.sinceMs <= atMs || !holder.before)) return holder;
    if (holder?.before) return holder.before;
    const location = this.#locationOf(host, path);
    if (!location) return null;
    const { backend, processType } = location.upstream;
    return { branchId: Number(backend), processType, instance: null };
  }

  #locationOf(host: string, path: string): Location | null {
    const names = host.split(".").map((_, index, labels) => {
      return index === 0 ? host : `*.${labels.slice(index).join(".")}`;
    });
    const leads = names.map((name) => this.#publisher.locationsOf(name));
    const all = leads.find((locations) => locations.length > 0) ?? [];
    const fitting = all.filter((it) => isBelow(path, it.path));
    return fitting.toSorted((a, b) => b.path.length - a.path.length)[0] ?? null;
  }
}

function isBelow(path: string, prefix: string): boolean {
  const folder = prefix.replace(/\/$/, "");
  return path === folder || path.startsWith(`${folder}/`);
}
