import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { PortRange } from "./bpf.ts";
import { nullIfMissing, readIfThere } from "./files.ts";
import { parseNumbers } from "./number-list.ts";

/**
 * Those of the ports on which nobody else could listen now. Found by trying, as the kernel's list
 * of sockets takes longer the more memory the machine has.
 */
export async function busyPorts(ports: readonly number[]): Promise<Set<number>> {
  const isBusy = await Promise.all(
    ports.map(
      async (port) => !(await canListen(port, "127.0.0.1")) || !(await canListen(port, "::1")),
    ),
  );
  return new Set(ports.filter((_, index) => isBusy[index]));
}

/** An address that the machine does not have is nobody's. */
function canListen(port: number, host: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer((socket) => socket.destroy());
  server.once("error", ({ code }: NodeJS.ErrnoException) =>
    resolve(code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT"),
  );
  server.listen({ port, host }, () => server.close(() => resolve(true)));
  return promise;
}

/** Inode → port of every listening TCP socket of this machine (state 0A). @see proc(5) */
export async function listeningSockets(): Promise<Map<number, number>> {
  const sockets = new Map<number, number>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await readFile(file, "utf8").catch(nullIfMissing);
    for (const line of (text ?? "").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const port = fields[1]?.split(":")[1];
      if (fields[3] === "0A" && port && fields[9])
        sockets.set(Number(fields[9]), Number.parseInt(port, 16));
    }
  }
  return sockets;
}

/** Ports at which the kernel begins no connection of its own choice. @see the kernel's ip-sysctl */
export const reservedPortsFile = "/proc/sys/net/ipv4/ip_local_reserved_ports";

/** The ports from which connections begin. @see ip(7), ip_local_port_range */
export async function readOutgoingRange(): Promise<PortRange> {
  return parseOutgoingRange((await readIfThere("/proc/sys/net/ipv4/ip_local_port_range")) ?? "");
}

/** Whether the kernel may give a port to an outgoing connection. */
export async function readOutgoingPorts(): Promise<(port: number) => boolean> {
  const reserved = (await readIfThere(reservedPortsFile)) ?? "";
  return isOutgoing(await readOutgoingRange(), parseNumbers(reserved));
}

/** From `32768\t60999` and `8080,9000-9100`. */
export function parseOutgoingPorts(range: string, reserved: string): (port: number) => boolean {
  return isOutgoing(parseOutgoingRange(range), parseNumbers(reserved));
}

function isOutgoing({ min, max }: PortRange, reserved: ReadonlySet<number>) {
  return (port: number) => port >= min && port < max && !reserved.has(port);
}

function parseOutgoingRange(text: string): PortRange {
  const [first = 1, last = 0] = text.trim().split(/\s+/).map(Number);
  return { min: first, max: last + 1 };
}
