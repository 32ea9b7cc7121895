import { chmodSync, chownSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { checkout, programOf } from "#lib/checkout.ts";
import { machineClock } from "#lib/clock.ts";
import { beginRealm, endRealm } from "#privileged/begin.ts";
import { createHelper } from "#privileged/helper.ts";
import { createRealm, usersIn } from "#privileged/realm.ts";
import { openWalls } from "#privileged/walls.ts";

/**
 * The one program of Berth's own that runs as root: a dozen verbs on a unix socket, in a folder that
 * only berthd's group may enter. It parses no network input, and every call leaves a line.
 */
const [home = "", usersFrom = "", uid = "", gid = "", router = ""] = process.argv.slice(2);
const account = { uid: Number(uid), gid: Number(gid) };
const tools = { node: process.execPath, npm: join(checkout, "node_modules/npm") };
const relay = programOf(checkout, "berth-terminal");

process.umask(0o022);
const walls = await openWalls({
  uids: usersIn(Number(usersFrom)),
  trustedUids: [0, account.uid, Number(router)],
});
const realm = createRealm({ home, tools, relay, account, usersFrom: Number(usersFrom), walls });
await beginRealm(realm);
const helper = createHelper(realm, (entry) => {
  const line = { at: machineClock.now(), by: account.uid, ...entry };
  process.stdout.write(`${JSON.stringify(line)}\n`);
});
process.once("SIGTERM", () => void endRealm(realm).finally(() => process.exit(0)));
const server = createServer((connection) => helper.serve(connection));
server.maxConnections = 512;
const socket = join(home, "run/root/berth-root.sock");
rmSync(socket, { force: true });
server.listen(socket, () => {
  chownSync(socket, 0, account.gid);
  chmodSync(socket, 0o660);
});
