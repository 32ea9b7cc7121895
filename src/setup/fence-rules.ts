import { dnsPort } from "#domain/realm.ts";
import type { PortRange } from "#lib/bpf.ts";

/** What the fence must know of a home; apps and their ports come and go as elements of its sets. */
export type FenceSettings = {
  /** The uids that this home gives to apps, from the first to the last. */
  readonly uids: { readonly first: number; readonly last: number };
  /** Who may connect to an instance's port beside its own app: root, berthd, the router. */
  readonly trustedUids: readonly number[];
  /** The cgroup of all apps, below /sys/fs/cgroup, and how deep it is in its hierarchy. */
  readonly apps: { readonly path: string; readonly level: number };
  /** Every second of these, from the first on, is left to connections; null where nothing keeps them. */
  readonly forConnections: PortRange | null;
};

/** Outside of what uids can be, so that no app has one of them. */
const trusted = 0xfffffff1;
const unknown = 0xfffffff2;

/** Addresses by which clouds tell a machine its own secrets, beside the link-local ones. */
const metadata = { v4: ["100.100.100.200", "192.0.0.192"], v6: ["fd00:ec2::254", "fd20:ce::254"] };
/** Azure's, which is also its resolver. */
const azure = "168.63.129.16";

/**
 * All but the beginning of a TCP connection belongs to one that was allowed. This stands early, as
 * it is all that most packets meet.
 */
const acceptAllowed = "tcp flags & (syn | ack) != syn accept";

/**
 * The rules of a home, which never change while apps come and go. Who asks is known where a packet
 * leaves: its socket's owner becomes its mark, which stays with it over loopback. Who is asked is
 * known where it arrives: the cgroup of the socket that would take it. Only packets that begin
 * something are looked at.
 * @see nft(8); the kernel's net/netfilter/nft_socket.c
 */
export function renderFence(settings: FenceSettings): string {
  return `
    map marks { typeof meta skuid : meta mark; }
    set own { typeof meta mark . socket cgroupv2 level 1; }
    set ports { typeof socket cgroupv2 level 1 . tcp dport; }
    set open { type inet_service; elements = { ${dnsPort} } }
    set closed { typeof meta skuid; }
    set closed_marks { typeof meta mark; }
    ${renderLeaving(settings)}
    ${renderArriving(settings)}`;
}

function renderLeaving({ uids, trustedUids }: FenceSettings): string {
  const trustedMarks = trustedUids.map((uid) => `${uid} : ${trusted}`).join(", ");
  const forbidden = "reject with icmpx admin-prohibited";
  return `
    chain leaves {
      type filter hook output priority filter; policy accept;
      oif != lo meta skuid @closed goto cut
      oif lo tcp dport @open meta skuid @closed goto cut
      ${acceptAllowed}
      meta skuid ${uids.first}-${uids.last} goto app_sends
      oif lo meta mark set meta skuid map { ${trustedMarks} }
    }
    chain cut {
      meta l4proto tcp reject with tcp reset
      ${forbidden}
    }
    chain app_sends {
      oif lo goto app_asks_here
      ip daddr { 169.254.0.0/16, 224.0.0.0/4, 255.255.255.255, ${metadata.v4.join(", ")} } ${forbidden}
      ip6 daddr { fe80::/10, ff00::/8, ${metadata.v6.join(", ")} } ${forbidden}
      ip daddr ${azure} meta l4proto { tcp, udp } th dport != ${dnsPort} ${forbidden}
    }
    chain app_asks_here {
      meta l4proto != { tcp, udp, icmp, icmpv6 } ${forbidden}
      meta mark set ${unknown}
      meta mark set meta skuid map @marks
    }`;
}

/**
 * An app may have listened there without asking for a port, which no program of the kernel's sees. What
 * it accepted would keep the port when it listens no more.
 */
function renderForConnections({ min, max }: PortRange, isAppsSocket: string, appOfSocket: string) {
  return `tcp dport ${min}-${max - 1} tcp dport & 1 == ${min % 2} ${isAppsSocket} ${appOfSocket} . tcp dport != @ports goto refuse`;
}

function renderArriving({ uids, apps, forConnections }: FenceSettings): string {
  const appOfSocket = `socket cgroupv2 level ${apps.level + 1}`;
  const isAppsSocket = `socket cgroupv2 level ${apps.level} "${apps.path}"`;
  const left = forConnections
    ? renderForConnections(forConnections, isAppsSocket, appOfSocket)
    : "";
  return `
    chain arrives {
      type filter hook input priority filter; policy accept;
      ${acceptAllowed}
      meta l4proto tcp goto begins
      iif lo meta l4proto udp goto begins
    }
    chain begins {
      ${left}
      meta mark . ${appOfSocket} @own accept
      meta mark { ${uids.first}-${uids.last}, ${unknown} } goto app_asks
      ${isAppsSocket} goto app_is_asked
    }
    chain app_asks {
      meta mark @closed_marks goto refuse
      ${isAppsSocket} goto refuse
      meta mark != ${unknown} meta l4proto { tcp, udp } th dport @open accept
      goto refuse
    }
    chain app_is_asked {
      iif lo udp sport ${dnsPort} accept
      iif lo meta mark ${trusted} ${appOfSocket} . tcp dport @ports accept
      goto refuse
    }
    chain refuse {
      meta l4proto tcp reject with tcp reset
      reject with icmpx port-unreachable
    }`;
}
