import { readFile } from "node:fs/promises";
import { nullIfMissing } from "./files.ts";

/** Ports of this machine on which something listens. */
export async function busyPorts(): Promise<Set<number>> {
  return new Set((await listeningSockets()).values());
}

/** Inode → port of every listening TCP socket of this machine (state 0A). @see proc(5) */
export async function listeningSockets(): Promise<Map<string, number>> {
  const sockets = new Map<string, number>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await readFile(file, "utf8").catch(nullIfMissing);
    for (const line of (text ?? "").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const port = fields[1]?.split(":")[1];
      if (fields[3] === "0A" && port && fields[9])
        sockets.set(fields[9], Number.parseInt(port, 16));
    }
  }
  return sockets;
}
