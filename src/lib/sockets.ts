import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { nullIfMissing, readIfThere } from "./files.ts";

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

/**
 * Whether the kernel may give a port to an outgoing connection: it lies in the range for that, and is
 * not reserved. @see ip(7), ip_local_port_range, and the kernel's ip-sysctl, ip_local_reserved_ports
 */
export async function readOutgoingPorts(): Promise<(port: number) => boolean> {
  const settings = ["ip_local_port_range", "ip_local_reserved_ports"].map(async (name) =>
    readIfThere(`/proc/sys/net/ipv4/${name}`),
  );
  const [range, reserved] = await Promise.all(settings);
  return parseOutgoingPorts(range ?? "", reserved ?? "");
}

/** From `32768\t60999` and `8080,9000-9100`. */
export function parseOutgoingPorts(range: string, reserved: string): (port: number) => boolean {
  const [first = 1, last = 0] = range.trim().split(/\s+/).map(Number);
  const kept = reserved
    .trim()
    .split(",")
    .filter((words) => words !== "")
    .map((words) => words.split("-").map(Number));
  const isKept = (port: number) => kept.some(([from = 0, to = from]) => port >= from && port <= to);
  return (port) => port >= first && port <= last && !isKept(port);
}
