import { existsSync } from "node:fs";
import { join } from "node:path";
import { createConfigDirectory } from "#drivers/config/directory.ts";
import { renderNginx } from "#drivers/routers/nginx/render.ts";
import { ensureDirectory } from "#lib/files.ts";
import { homeLayout } from "#setup/layout.ts";
import { renderSshd } from "#setup/sshd.ts";
import { fallbackPair, writeTree } from "#setup/tree.ts";

/**
 * Run by `berth up` as the account that everything runs as: writes what s6 is to run, and prints
 * the settings that are in force as JSON.
 */
const code = join(import.meta.dirname, "../..");
const [home = ""] = process.argv.slice(2);
const layout = homeLayout(home);

for (const folder of [layout.config, layout.data, layout.logs, layout.run])
  await ensureDirectory(folder, 0o700);
const nothing = { get: () => null, set: () => {} };
const { settings } = await createConfigDirectory({ dir: layout.config, lastGood: nothing }).read();
const { address, direct, http, terminated, tls, ssh } = settings.listen;
const nginxConf = renderNginx({
  address,
  ipv6: existsSync("/proc/net/if_inet6"),
  ports: { direct, http, terminated, tls },
  trustedProxies: settings.trustedProxies,
  workers: settings.nginxWorkers,
  paths: {
    runDir: layout.nginx,
    luaDir: join(code, "src/drivers/routers/nginx"),
    socket: layout.nginxSocket,
    snapshot: layout.routes,
    requestLog: layout.requestLog,
    sites: layout.artifacts,
    ...fallbackPair(layout),
  },
});
const sshdConf = renderSshd(layout, { address, ssh });
await writeTree({ layout, node: process.execPath, code, nginxConf, sshdConf });
process.stdout.write(`${JSON.stringify(settings)}\n`);

/**
 * Loaded only to be compiled into the cache: a berthd that finds its code compiled is up sooner,
 * and never takes the 20 MB that stripping the types costs.
 */
await import("./start-berthd.ts");
