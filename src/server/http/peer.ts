import { BlockList, isIP } from "node:net";

/**
 * The address that a request really comes from. Only a proxy that is trusted is believed when it
 * says for whom it asks; whoever else sends the header is taken for what its connection shows.
 * @param forwarded The `X-Forwarded-For` header: each proxy adds what it sees at the end.
 */
export function peerOf(
  remote: string | undefined,
  forwarded: string | undefined,
  trustedProxies: readonly string[],
): string {
  const trusted = listOf(trustedProxies);
  const hops = (forwarded ?? "").split(",").map((it) => plain(it.trim()));
  let peer = plain(remote ?? "");
  while (isTrusted(trusted, peer)) {
    const next = hops.pop();
    if (next === undefined || isIP(next) === 0) break;
    peer = next;
  }
  return peer;
}

function listOf(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const address of addresses) {
    const [net = "", prefix] = address.split("/");
    const family = isIP(net) === 6 ? "ipv6" : "ipv4";
    if (isIP(net) === 0) continue;
    if (prefix === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(prefix), family);
  }
  return list;
}

function isTrusted(list: BlockList, address: string): boolean {
  return isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** An IPv4 address that came in over a socket for both kinds looks like ::ffff:127.0.0.1. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
