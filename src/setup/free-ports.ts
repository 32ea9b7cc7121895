import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import { ownPorts, type HostSettings } from "#domain/host-config.ts";

type Settings = Pick<HostSettings, "listen" | "ports">;
type Door = { readonly key: string; readonly port: number; readonly address: string };

/**
 * Makes sure that nobody else listens where Berth is to listen. Told before anything starts, as what
 * starts would meet somebody else's program there, and take it for its own.
 * @param file Where the settings can be changed.
 * @param withinMs What Berth itself has just ended may need a moment to be gone.
 * @throws {PlatformError} `ports_taken`
 */
export async function requireFreePorts(
  settings: Settings,
  file: string,
  withinMs = 2000,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const taken = await takenDoors(settings);
    if (taken.length === 0) return;
    if (performance.now() > untilMs) throw await refusal(settings, taken, file);
    await sleep(50);
  }
}

async function takenDoors(settings: Settings): Promise<Door[]> {
  const { address, apiAddress } = settings.listen;
  const doors = Object.entries(ownPorts(settings)).map(([key, port]) => {
    return { key, port, address: key === "api" ? apiAddress : address };
  });
  const free = await Promise.all(doors.map(isFree));
  return doors.filter((_, index) => !free[index]);
}

/** Other problems than this one are told by who is to listen. */
function isFree({ port, address }: Omit<Door, "key">): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "EADDRINUSE"));
  server.once("listening", () => server.close(() => resolve(true)));
  server.listen(address === "*" ? { port } : { port, host: address });
  return promise;
}

async function refusal(
  settings: Settings,
  taken: readonly Door[],
  file: string,
): Promise<PlatformError> {
  const { ports } = settings;
  const used = new Set(Object.values(ownPorts(settings)));
  const free: string[] = [];
  for (const { key, port: asked, address } of taken) {
    let port = asked + 100;
    const isOurs = () => used.has(port) || (port >= ports.min && port < ports.max);
    while (port < 65_536 && (isOurs() || !(await isFree({ port, address })))) port += 100;
    used.add(port);
    free.push(`${key}: ${port}`);
  }
  return new PlatformError("ports_taken", {
    taken: taken.map(({ key, port }) => `${key} ${port}`).join(", "),
    file,
    free: `{${free.join(", ")}}`,
  });
}
