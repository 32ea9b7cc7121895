import { chown, mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createNginxRouter, type NginxRouter } from "#drivers/routers/nginx.ts";
import { renderNginx, type NginxSettings } from "#drivers/routers/nginx/render.ts";
import { bareEnv, ended, exec, start } from "#lib/exec.ts";
import { removeTree } from "#lib/files.ts";

/** A real nginx with Berth's configuration, in a directory and on ports of its own. */
export type NginxWorld = AsyncDisposable & {
  readonly dir: string;
  readonly settings: NginxSettings;
  readonly router: NginxRouter;
  readonly pid: () => number;
  readonly start: () => Promise<void>;
  /** As `start`, without waiting. */
  readonly begin: () => void;
  /** Ends nginx and waits for it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
};

// As in production nginx holds no privilege; a test that is root gives its own away.
export const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;

/** Starts nginx and waits until it answers. */
export async function startNginx(overrides: Partial<NginxSettings> = {}): Promise<NginxWorld> {
  const dir = await mkdtemp(join(tmpdir(), "berth-router-"));
  const settings = { ...(await settingsIn(dir)), ...overrides };
  const conf = join(dir, "nginx.conf");
  await selfSigned(settings.paths.certificate, settings.paths.key, "fallback.test");
  await writeFile(conf, renderNginx(settings));
  if (nobody) {
    await chown(dir, nobody.uid, nobody.gid);
    await chown(settings.paths.key, nobody.uid, nobody.gid);
  }
  const { socket: socketPath, snapshot: snapshotPath } = settings.paths;
  const router = createNginxRouter({ socketPath, snapshotPath });
  let child: ReturnType<typeof start> | null = null;
  let end: ReturnType<typeof ended> | null = null;
  let output = "";

  const world: NginxWorld = {
    dir,
    settings,
    router,
    pid: () => child?.pid ?? 0,
    begin: () => {
      const stdio = ["ignore", "ignore", "pipe"] as const;
      child = start(["nginx", "-c", conf], { ...nobody, env: bareEnv, stdio: [...stdio] });
      child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
      end = ended(child);
    },
    start: async () => {
      world.begin();
      await until(
        () => router.check(),
        () => output,
      );
    },
    stop: async (signal = "SIGTERM") => {
      child?.kill(signal);
      await end;
      child = null;
    },
    [Symbol.asyncDispose]: async () => {
      await world.stop();
      await router[Symbol.asyncDispose]();
      await removeTree(dir);
    },
  };
  try {
    await world.start();
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
  return world;
}

/** Makes a certificate that signs itself. */
export async function selfSigned(certificate: string, key: string, name: string): Promise<void> {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const files = ["-nodes", "-days", "2", "-keyout", key, "-out", certificate];
  await exec(["openssl", "req", "-x509", ...curve, ...subject, ...files]);
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address && typeof address === "object") ports.push(address.port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

/** Tries until it works, for at most five seconds; then says why it did not. */
export async function until(attempt: () => Promise<unknown>, explain = () => ""): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await attempt();
      return;
    } catch (cause) {
      if (tries >= 200) throw new Error(`it never worked: ${explain()}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

async function settingsIn(dir: string): Promise<NginxSettings> {
  const [direct = 0, http = 0, terminated = 0, tls = 0] = await freePorts(4);
  const luaDir = fileURLToPath(new URL("../src/drivers/routers/nginx", import.meta.url));
  const ipv6 = Object.values(networkInterfaces()).some((it) =>
    it?.some(({ family }) => family === "IPv6"),
  );
  return {
    address: "*",
    ipv6,
    ports: { direct, http, terminated, tls },
    trustedProxies: [],
    workers: 2,
    paths: {
      runDir: dir,
      luaDir,
      socket: join(dir, "control.sock"),
      snapshot: join(dir, "routes"),
      requestLog: join(dir, "access.log"),
      sites: dir,
      certificate: join(dir, "fallback.crt"),
      key: join(dir, "fallback.key"),
    },
  };
}
