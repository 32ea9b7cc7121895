import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PlatformError } from "#domain/errors.ts";
import type { HostSettings } from "#domain/host-config.ts";

/**
 * Makes sure that nobody else listens where Berth is to listen. Told before anything starts, as what
 * starts would meet somebody else's program there, and take it for its own.
 * @param withinMs What Berth itself has just ended may need a moment to be gone.
 * @throws {PlatformError} `command_failed`
 */
export async function requireFreePorts(
  { listen }: Pick<HostSettings, "listen">,
  withinMs = 2000,
): Promise<void> {
  const { address, apiAddress, api, ...others } = listen;
  const untilMs = performance.now() + withinMs;
  for (const [key, port] of [["api", api] as const, ...Object.entries(others)]) {
    while (!(await isFree(port, key === "api" ? apiAddress : address))) {
      if (performance.now() > untilMs) throw taken(key, port);
      await sleep(50);
    }
  }
}

/** Other problems than this one are told by who is to listen. */
function isFree(port: number, address: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "EADDRINUSE"));
  server.once("listening", () => server.close(() => resolve(true)));
  server.listen(address === "*" ? { port } : { port, host: address });
  return promise;
}

function taken(key: string, port: number): PlatformError {
  const problem = `another program listens there. Choose another port under listen: ${key}: in berth.yml`;
  return new PlatformError("command_failed", { command: `Listening on port ${port}`, problem });
}
