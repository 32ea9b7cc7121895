import { existsSync } from "node:fs";
import { join } from "node:path";
import { createConfigDirectory } from "#drivers/config/directory.ts";
import { renderNginx } from "#drivers/routers/nginx/render.ts";
import { settingsFiles } from "#drivers/config/interpret.ts";
import { checkout } from "#lib/checkout.ts";
import { homeLayout } from "#setup/layout.ts";
import { keptSettings } from "#setup/kept-settings.ts";
import { renderSshd } from "#setup/sshd.ts";
import { makeRealm, type RealmUsers } from "#setup/realm.ts";
import { reservePorts } from "#setup/reserved-ports.ts";
import { fallbackPair, writeTree } from "#setup/tree.ts";
import type { InForce } from "#setup/up.ts";

/**
 * Run by `berth up`, as root where root starts Berth: writes what s6 is to run, and prints the
 * settings that are in force, and what is wrong with newer ones, as JSON.
 */
const [home = "", who = "null"] = process.argv.slice(2);
// Of our own lifecycle.
const users = JSON.parse(who) as RealmUsers | null;
const layout = homeLayout(home);

const lastGood = keptSettings(layout.platformServices, settingsFiles);
const { settings, problems } = await createConfigDirectory({ dir: layout.config, lastGood }).read();
const broken = problems.filter(
  ({ severity, file }) => severity === "error" && settingsFiles.includes(file),
);
const lines = broken.map(({ file, line, key, problem, fix }) => {
  return `${file}:${line}: ${key === "" ? problem : `${key} ${problem}`}; ${fix}`;
});
if (broken.some(({ file }) => lastGood.get(file) === null)) {
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exit(1);
}
const { address, direct, http, terminated, tls, ssh } = settings.listen;
const nginxConf = renderNginx({
  address,
  ipv6: existsSync("/proc/net/if_inet6"),
  ports: { direct, http, terminated, tls },
  trustedProxies: settings.trustedProxies,
  workers: settings.nginxWorkers,
  paths: {
    runDir: layout.nginxOwn,
    luaDir: join(checkout, "src/drivers/routers/nginx"),
    socket: layout.nginxSocket,
    snapshot: layout.routes,
    requestLog: layout.requestLog,
    sites: layout.artifacts,
    ...fallbackPair(layout),
  },
});
const sshdConf = renderSshd(layout, { address, ssh });
const node = process.execPath;
if (users) {
  await reservePorts(layout.helper, settings);
  await makeRealm(layout.helper, users);
}
await writeTree({ layout, users, node, code: checkout, nginxConf, sshdConf });
const inForce: InForce = { settings, problems: lines };
process.stdout.write(`${JSON.stringify(inForce)}\n`);

/** Loaded only to be compiled into the cache, which berth-root begins with. */
await import("#privileged/helper.ts");
