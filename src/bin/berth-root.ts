import { chmodSync, chownSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Realm } from "#domain/realm.ts";
import { machineClock } from "#lib/clock.ts";
import { createHelper } from "#privileged/helper.ts";
import { beginRealm } from "#privileged/realm.ts";

/**
 * The one program of Berth's own that runs as root: verbs on a unix socket, in a folder that only
 * berthd's group may enter. It parses no network input, and every call leaves a line.
 */
const [home = ""] = process.argv.slice(2);
const folder = join(home, "run/root");

process.umask(0o022);
// Root's own, as `berth up` wrote it.
const prepared = JSON.parse(readFileSync(join(folder, "realm.json"), "utf8")) as Realm;
const realm = await beginRealm(home, prepared);
const serve = createHelper(realm, (entry) => {
  const line = { at: machineClock.now(), by: realm.account.uid, ...entry };
  process.stdout.write(`${JSON.stringify(line)}\n`);
});
const server = createServer(serve);
// Each command holds one for as long as it runs, and one app may run hundreds.
server.maxConnections = 4096;
const socket = join(folder, "berth-root.sock");
rmSync(socket, { force: true });
server.listen(socket, () => {
  chownSync(socket, 0, realm.account.gid);
  chmodSync(socket, 0o660);
});
