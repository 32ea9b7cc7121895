import type { FencePlace } from "#domain/realm.ts";
import type { FenceSight } from "#domain/score-card.ts";

/** What of nft's JSON is looked at. @see libnftables-json(5) */
type Listing = readonly {
  readonly set?: Named;
  readonly map?: Named;
  readonly chain?: { readonly name: string };
  readonly rule?: { readonly chain: string };
}[];
type Named = { readonly name: string; readonly elem?: readonly unknown[] };

/** What the kernel has of the fence, and of an app in it. */
export function fenceSight({ chains, version }: FencePlace, json: string, uid: number): FenceSight {
  const standing = (JSON.parse(json) as { nftables: Listing }).nftables;
  const elementsIn = (name: string) =>
    standing.flatMap(({ set, map }) => [set, map].find((it) => it?.name === name)?.elem ?? []);
  const there = standing.flatMap(({ chain }) => chain?.name ?? []);
  const filled = standing.flatMap(({ rule }) => rule?.chain ?? []);
  return {
    isWhole: there.includes(version) && chains.every((name) => filled.includes(name)),
    knowsApp: elementsIn("marks").some((it) => Array.isArray(it) && it[0] === uid),
    isClosed: elementsIn("closed").includes(uid),
  };
}
