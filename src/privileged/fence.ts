import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Network } from "#domain/app.ts";
import type { FenceSight } from "#domain/score-card.ts";
import { exec, ExecError } from "#lib/exec.ts";
import { dnsPort, fenceChains, fenceSets, renderFence, type FenceSettings } from "./fence-rules.ts";

/** Decides who may connect to whom on this machine. Every verb may be repeated. */
export type Fence = ReturnType<typeof verbsOf>;

/**
 * The fence of a home. One that stands with the same rules is left as it is; one with other rules is
 * replaced in one step, with the apps that it knows.
 * @throws {ExecError} when the kernel or nft cannot do it.
 */
export async function openFence(settings: FenceSettings): Promise<Fence> {
  assert(/^[a-z0-9]{1,40}$/.test(settings.key), "the key of a fence is a name");
  assert(/^[\w./-]+$/.test(settings.apps.path), "the cgroup of a fence is a path");
  const table = `inet berth_${settings.key}`;
  const rules = renderFence(settings);
  const version = `rules_${createHash("sha256").update(rules).digest("hex").slice(0, 12)}`;
  const standing = await list(table);
  if (!standing.some(({ chain }) => chain?.name === version)) {
    const fresh = `table ${table} {${rules}\nchain ${version} {}\n}`;
    const elements = elementsOf(standing, table);
    await nft([`table ${table}`, `delete table ${table}`, fresh, ...elements]);
  }
  return verbsOf(settings, table, version);
}

function verbsOf({ uids, apps }: FenceSettings, table: string, version: string) {
  const known = (uid: number) => {
    assert(Number.isSafeInteger(uid) && uid >= uids.first && uid <= uids.last, "a foreign uid");
    return uid;
  };
  const cgroup = (uid: number) => `"${apps.path}/u${known(uid)}"`;
  const pair = (from: number, to: number) => `own { ${known(from)} . ${cgroup(to)} }`;
  const valid = (port: number) => {
    assert(Number.isInteger(port) && port > 0 && port < 65_536, "a port");
    return port;
  };
  const door = (uid: number, port: number) => `ports { ${cgroup(uid)} . ${valid(port)} }`;
  const adding = (elements: readonly string[]) =>
    elements.map((it) => `add element ${table} ${it}`);
  // Adding it first makes removing it twice no error.
  const dropping = (elements: readonly string[]) =>
    elements.flatMap((it) => [`add element ${table} ${it}`, `delete element ${table} ${it}`]);
  const closed = (uid: number) => [`closed { ${known(uid)} }`, `closed_marks { ${known(uid)} }`];
  const app = (uid: number) => [`marks { ${known(uid)} : ${uid} }`, pair(uid, uid)];
  const network = (uid: number, wanted: Network) =>
    wanted === "closed" ? adding(closed(uid)) : dropping(closed(uid));
  // Nobody else changes this table, so what was said once need not be said for each instance.
  const admitted = new Map<number, Network>();
  return {
    /**
     * Knows an app from now on, whose cgroup is there: it reaches its own listeners. A closed network
     * ends its outgoing connections, also to the router and to a resolver.
     */
    admit: async (uid: number, wanted: Network) => {
      if (admitted.get(uid) === wanted) return;
      const orders = [...adding(app(uid)), ...network(uid, wanted)];
      admitted.delete(uid);
      await nft(orders);
      admitted.set(uid, wanted);
    },
    /** Forgets an app. Its uid still reaches nothing here, as no uid of the range does unknown. */
    forget: async (uid: number) => {
      admitted.delete(uid);
      await nft(dropping([...app(uid), ...closed(uid)]));
    },
    /** Lets the router and berthd connect to a port, while it is this app that listens there. */
    openPort: async (uid: number, port: number) => nft(adding([door(uid, port)])),
    closePort: async (uid: number, port: number) => nft(dropping([door(uid, port)])),
    /** Ports on this machine that every app may connect to, and no others: for visits. */
    openToAll: async (ports: readonly number[]) => {
      const open = [dnsPort, ...ports].map((port) => `open { ${valid(port)} }`);
      await nft([`flush set ${table} open`, ...adding(open)]);
    },
    /** Lets an app connect to what another uid of the range listens on, as to a service. */
    link: async (from: number, to: number) => nft(adding([pair(from, to)])),
    unlink: async (from: number, to: number) => nft(dropping([pair(from, to)])),
    /** What the kernel has of the fence at this moment, and of an app in it. */
    look: async (uid: number) => sightOf(await list(table), version, uid),
    /** Takes the fence down. */
    remove: () => nft([`table ${table}`, `delete table ${table}`]),
  };
}

/** The chain that bears the rules' version is there with them. */
function sightOf(standing: Listing, version: string, uid: number): FenceSight {
  const elementsIn = (name: string) =>
    standing.flatMap(({ set, map }) => [set, map].find((it) => it?.name === name)?.elem ?? []);
  const chains = standing.flatMap(({ chain }) => chain?.name ?? []);
  const filled = standing.flatMap(({ rule }) => rule?.chain ?? []);
  return {
    isWhole: chains.includes(version) && fenceChains.every((name) => filled.includes(name)),
    knowsApp: elementsIn("marks").some((it) => Array.isArray(it) && it[0] === uid),
    isClosed: elementsIn("closed").includes(uid),
  };
}

/** What nft says of a table; nothing when there is none. @see libnftables-json(5) */
async function list(table: string): Promise<Listing> {
  try {
    const text = await exec(["nft", "-j", "list", "table", ...table.split(" ")]);
    return (JSON.parse(text) as { nftables: Listing }).nftables;
  } catch (error) {
    if (error instanceof ExecError && /No such file/.test(error.stderrTail)) return [];
    throw error;
  }
}

type Element = number | string | { readonly concat: readonly (number | string)[] };
type Named = { readonly name: string; readonly elem?: readonly unknown[] };
type Listing = readonly {
  readonly set?: Named;
  readonly map?: Named;
  readonly chain?: { readonly name: string };
  readonly rule?: { readonly chain: string };
}[];

/** Orders that put back what the sets of a standing table hold, without what is gone by now. */
function elementsOf(standing: Listing, table: string): string[] {
  return standing.flatMap(({ set, map }) => {
    const { name = "", elem = [] } = set ?? map ?? {};
    if (!(fenceSets as readonly string[]).includes(name)) return [];
    return elem.flatMap((element) => {
      const text = map ? (element as number[]).join(" : ") : textOf(element as Element);
      return text === null ? [] : [`add element ${table} ${name} { ${text} }`];
    });
  });
}

/** Null for a cgroup that was removed, of which only its number is left. */
function textOf(element: Element): string | null {
  const parts = typeof element === "object" ? element.concat : [element];
  if (parts.some((part) => typeof part === "string" && /^\d+$/.test(part))) return null;
  return parts.map((part) => (typeof part === "string" ? `"${part}"` : part)).join(" . ");
}

/** All of it holds, or nothing changes. */
async function nft(orders: readonly string[]): Promise<void> {
  await exec(["nft", "-f", "-"], { input: `${orders.join("\n")}\n` });
}
