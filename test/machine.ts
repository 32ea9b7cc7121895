import { chown, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:net";
import { ended, exec, start } from "#lib/exec.ts";
import { removeTree } from "#lib/files.ts";

const checkout = join(import.meta.dirname, "..");

/** The runtime that sandboxes show to programs. */
export const tools = {
  node: join(checkout, "node_modules/node/bin/node"),
  npm: join(checkout, "node_modules/npm"),
} as const;

/** A folder of the test's own, gone at the end of the scope. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  // Short, as the path of a socket in it has at most 107 bytes.
  const path = await mkdtemp(join(tmpdir(), "t-"));
  return { path, [Symbol.asyncDispose]: () => removeTree(path) };
}

/** A loopback port on which nothing listens right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** s6-svscan on a folder, ended with everything below it at the end of the scope. */
export async function superviseFolder(scan: string): Promise<AsyncDisposable> {
  const child = start(["s6-svscan", "-c", "1000", scan], { stdio: "ignore" });
  const end = ended(child);
  for (;;) {
    const isUp = await exec(["s6-svscanctl", "-a", scan]).then(
      () => true,
      () => false,
    );
    if (isUp) break;
    await new Promise((wait) => setTimeout(wait, 10));
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await exec(["s6-svscanctl", "-t", scan]);
      await end;
    },
  };
}

/** Hands a folder to another account, when the test runs as root. */
export async function handOver(path: string, uid: number, gid: number): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, uid, gid);
}
