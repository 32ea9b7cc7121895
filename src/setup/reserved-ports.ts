import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ownPorts, type HostSettings } from "#domain/host-config.ts";
import { nullIf, readIfThere, writeAtomic } from "#lib/files.ts";
import { parseNumbers, renderNumbers } from "#lib/number-list.ts";
import { readOutgoingRange, reservedPortsFile } from "#lib/sockets.ts";

/**
 * Has the kernel begin no connection at a port of the home, where it would keep a part of Berth or an
 * instance from starting until it ends, besides those that others have reserved. They stay so while
 * Berth is down. Where the kernel does not take it from us, as in some containers, nothing changes.
 * @param folder Root's own, where those of the home are noted.
 */
export async function reservePorts(
  folder: string,
  settings: Pick<HostSettings, "listen" | "ports">,
): Promise<void> {
  const { min, max } = settings.ports;
  const instances = Array.from({ length: max - min }, (_, at) => min + at);
  const outgoing = await readOutgoingRange();
  const others = await reservedByOthers(folder);
  const ours = [...Object.values(ownPorts(settings)), ...instances].filter(
    (port) => port >= outgoing.min && port < outgoing.max && !others.has(port),
  );
  await note(folder, ours);
  await reserve([...others, ...ours]);
}

/** For a home that is removed. Repeatable. */
export async function giveBackPorts(folder: string): Promise<void> {
  await reserve([...(await reservedByOthers(folder))]);
}

type Noted = { readonly boot: string; readonly ports: readonly number[] };

/** What was noted before the machine was booted anew does not hold any more: it is whoever's set it since. */
async function reservedByOthers(folder: string): Promise<Set<number>> {
  const reserved = parseNumbers((await readIfThere(reservedPortsFile)) ?? "");
  const text = await readIfThere(notesFile(folder));
  if (text === null) return reserved;
  const { boot, ports } = JSON.parse(text) as Noted;
  return boot === (await readBoot()) ? reserved.difference(new Set(ports)) : reserved;
}

async function note(folder: string, ports: readonly number[]): Promise<void> {
  const noted: Noted = { boot: await readBoot(), ports };
  await writeAtomic(notesFile(folder), JSON.stringify(noted), 0o600);
}

/** Written only where it differs, as another home may be about to do the same. */
async function reserve(ports: readonly number[]): Promise<void> {
  const text = renderNumbers(ports);
  const found = renderNumbers(parseNumbers((await readIfThere(reservedPortsFile)) ?? ""));
  if (text === found) return;
  await writeFile(reservedPortsFile, `${text}\n`).catch(nullIf(["EACCES", "EPERM", "EROFS"]));
}

function notesFile(folder: string): string {
  return join(folder, "reserved-ports.json");
}

async function readBoot(): Promise<string> {
  return (await readIfThere("/proc/sys/kernel/random/boot_id"))?.trim() ?? "";
}
