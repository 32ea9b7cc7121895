import { lookup } from "node:dns/promises";
import {
  BlockList,
  connect as connectTcp,
  isIP,
  isIPv6,
  type LookupFunction,
  type Socket,
} from "node:net";
import { networkInterfaces } from "node:os";
import { connect as connectTls } from "node:tls";

/** Why an address is not connected to. */
export class RefusedAddress extends Error {
  override readonly name = "RefusedAddress";

  constructor(host: string, address: string) {
    const which = host === address ? address : `${host} (${address})`;
    super(`${which} is inside this machine or network`);
  }
}

/**
 * What somebody's own receivers may be: any address of the public internet, and those inside that
 * are allowed. The address that was checked is the one that is connected to, so a name that answers
 * differently the next time gains nothing.
 */
export type OutboundGuard = {
  readonly lookup: LookupFunction;
  /** Resolves when connected. @throws {RefusedAddress} */
  readonly connect: (target: OutboundTarget) => Promise<Socket>;
  /** @throws {RefusedAddress} for an address; a name is looked up when it is connected to. */
  readonly check: (hostname: string) => void;
};

export type OutboundTarget = {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly timeoutMs: number;
  /** Certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
};

/**
 * Networks that are no part of the public internet.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry
 */
const specialNetworks = `
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16
  172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16
  198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
  ::/128 ::1/128 100::/64 2001::/23 2001:db8::/32
  3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10
  ff00::/8
`;

/** Networks of IPv6 whose addresses hold one of IPv4, by the number of the word that it begins at. */
const embedding = [
  { network: blockListOf(["::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48"]), word: 6 },
  { network: blockListOf(["2002::/16"]), word: 1 },
] as const;

const special = blockListOf(specialNetworks.trim().split(/\s+/));

/** @param allowed Addresses and networks inside that may be connected to all the same. */
export function createOutboundGuard(allowed: () => readonly string[]): OutboundGuard {
  const refuse = (host: string, address: string): void => {
    if (isPublic(address) || isIn(address, blockListOf(allowed()))) return;
    throw new RefusedAddress(host, address);
  };
  const lookedUp = async (hostname: string) => {
    const found = await lookup(hostname, { all: true });
    for (const { address } of found) refuse(hostname, address);
    return found;
  };
  const guard: OutboundGuard = {
    lookup: (hostname, { all }, answer) => {
      lookedUp(hostname).then(
        (found) => {
          if (all) answer(null, found);
          else answer(null, found[0]?.address ?? "", found[0]?.family);
        },
        (error: NodeJS.ErrnoException) => answer(error, "", 0),
      );
    },
    check: (hostname) => {
      const address = hostname.replace(/^\[(.*)\]$/, "$1");
      // Node looks up no literal address, so it is checked here.
      if (isIP(address)) refuse(hostname, address);
    },
    connect: async (target) => {
      guard.check(target.host);
      return connected(target, guard.lookup);
    },
  };
  return guard;
}

async function connected(target: OutboundTarget, guarded: LookupFunction): Promise<Socket> {
  const { host, port, tls, timeoutMs, ca } = target;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const where = { host, port, lookup: guarded };
  const name = isIP(host) ? {} : { servername: host };
  const socket = tls ? connectTls({ ...where, ...name, ...(ca ? { ca } : {}) }) : connectTcp(where);
  const late = setTimeout(() => {
    socket.destroy(new Error(`${host}:${port} did not answer within ${timeoutMs / 1000} s`));
  }, timeoutMs);
  socket.once(tls ? "secureConnect" : "connect", () => resolve(socket));
  // It stays: of an error after that the caller hears by `close`.
  socket.on("error", reject);
  try {
    return await promise;
  } finally {
    clearTimeout(late);
  }
}

/** Whether an address is one of the public internet and none of this machine's own. */
function isPublic(address: string): boolean {
  const inner = embeddedIn(address);
  if (inner !== null) return isPublic(inner);
  return !isIn(address, special) && !ownAddresses().has(address);
}

function ownAddresses(): Set<string> {
  const interfaces = Object.values(networkInterfaces()).flatMap((it) => it ?? []);
  return new Set(interfaces.map(({ address }) => address));
}

function isIn(address: string, networks: BlockList): boolean {
  return networks.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** `10.0.0.1` for `::ffff:10.0.0.1`, `64:ff9b::a00:1` and `2002:a00:1::`; null for any other. */
function embeddedIn(address: string): string | null {
  if (!isIPv6(address) || address === "::" || address === "::1") return null;
  const found = embedding.find(({ network }) => isIn(address, network));
  if (!found) return null;
  const words = wordsOf(address).slice(found.word, found.word + 2);
  return words.flatMap((word) => [word >> 8, word & 0xff]).join(".");
}

/** The eight words of an address of IPv6; the URL parser writes them all in one way. */
function wordsOf(address: string): number[] {
  const [plain = ""] = address.split("%");
  const [head = "", tail = ""] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::");
  const [front, back] = [head, tail].map((text) =>
    text
      .split(":")
      .filter(Boolean)
      .map((word) => Number.parseInt(word, 16)),
  ) as [number[], number[]];
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
