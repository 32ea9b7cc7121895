import assert from "node:assert/strict";
import { appendFile, readFile, stat, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { exec } from "#lib/exec.ts";
import { readIfThere } from "#lib/files.ts";
import { backend, host, routerContract, type RouterWorld } from "../../../test/contract/router.ts";
import { startNginx, until, type NginxWorld } from "../../../test/nginx.ts";
import { startPeer, visit, type Peer } from "../../../test/visit.ts";
import { createNginxRouter } from "./nginx.ts";

const startNamed = async (): Promise<Peer> =>
  startPeer((request, response) => {
    response.end(`127.0.0.1:${request.socket.localPort} ${request.url}`);
  });

routerContract("nginx", async (): Promise<RouterWorld> => {
  const [one, two, nginx] = await Promise.all([startNamed(), startNamed(), startNginx()]);
  return {
    router: nginx.router,
    peers: [one.address, two.address],
    ask: async (name, path) => {
      const { status, body } = await visit(nginx.settings.ports.direct, { host: name, path });
      return status === 200 ? body : String(status);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([one, two, nginx].map((it) => it[Symbol.asyncDispose]()));
    },
  };
});

const single = (peer: string) => ({
  hosts: { "a.test": host({ "/": "1/web" }) },
  backends: { 1: backend([peer]) },
});

const ask = async (nginx: NginxWorld) => visit(nginx.settings.ports.direct, { host: "a.test" });

test("nginx serves its last table after a restart without berthd", async () => {
  await using peer = await startNamed();
  await using nginx = await startNginx();
  await nginx.router.replace({ hosts: {}, backends: {} });
  await nginx.router.change(single(peer.address));
  await nginx.stop();
  await nginx.start();
  assert.equal((await ask(nginx)).body, `${peer.address} /`);
});

test("a killed nginx leaves no worker and no socket in the way of the next", async () => {
  await using peer = await startNamed();
  await using nginx = await startNginx();
  await nginx.router.replace(single(peer.address));
  await nginx.stop("SIGKILL");
  await nginx.start();
  assert.equal((await ask(nginx)).status, 200);
});

test("an nginx that is killed while it starts its workers leaves none of them", async () => {
  await using nginx = await startNginx();
  for (let round = 0; round < 5; round += 1) {
    await nginx.stop();
    nginx.begin();
    const children = `/proc/${nginx.pid()}/task/${nginx.pid()}/children`;
    let workers = "";
    while (workers === "") workers = await readFile(children, "utf8");
    process.kill(nginx.pid(), "SIGKILL");
    for (const pid of workers.trim().split(" ")) {
      // One that has ended may wait for its new parent, without words.
      const words = async () => readIfThere(`/proc/${pid}/cmdline`);
      await until(async () => assert.equal((await words()) ?? "", ""));
    }
  }
});

test("a change is kept while nginx is away, and one made as it starts reaches it", async () => {
  await using peer = await startNamed();
  await using nginx = await startNginx();
  await nginx.router.replace(single("127.0.0.1:1"));
  await nginx.stop();
  await nginx.router.change({ hosts: {}, backends: { 1: backend([]) } });
  const started = nginx.start();
  await nginx.router.change({ hosts: {}, backends: { 1: backend([peer.address]) } });
  await started;
  await until(async () => assert.equal((await ask(nginx)).body, `${peer.address} /`));
});

test("what another writer left unsent reaches nginx with the next change", async () => {
  await using peer = await startNamed();
  await using nginx = await startNginx();
  const { snapshot } = nginx.settings.paths;
  await using away = createNginxRouter({ socketPath: "/nowhere", snapshotPath: snapshot });
  await away.replace(single(peer.address));
  await assert.rejects(away.drain(peer.address, 0), { code: "router_unreachable" });
  await using next = createNginxRouter({
    socketPath: nginx.settings.paths.socket,
    snapshotPath: snapshot,
  });
  await next.change({ hosts: { "b.test": host({ "/": "1/web" }) }, backends: {} });
  assert.equal((await ask(nginx)).status, 200);
});

test("a torn last line counts for nothing, and the next change is whole", async () => {
  await using peer = await startNamed();
  await using nginx = await startNginx();
  const { snapshot, socket } = nginx.settings.paths;
  await nginx.router.replace(single(peer.address));
  await nginx.stop();
  await appendFile(snapshot, 'h:a.test\t{"locations":[],"tl');
  await nginx.start();
  assert.equal((await ask(nginx)).status, 200);
  await using router = createNginxRouter({ socketPath: socket, snapshotPath: snapshot });
  await router.change({ hosts: { "b.test": host({ "/": "1/web" }) }, backends: {} });
  const text = await readFile(snapshot, "utf8");
  assert.equal(text.split("\n").length, 4);
  assert.match(text, /^h:b\.test\t\{.*\}$/m);
});

test("an unreadable entry of the table harms no other host", async () => {
  await using peer = await startNamed();
  await using nginx = await startNginx();
  const { snapshot } = nginx.settings.paths;
  await nginx.router.replace(single(peer.address));
  await nginx.stop();
  await writeFile(snapshot, `h:bad.test\t{"loc\n${await readFile(snapshot, "utf8")}`);
  await nginx.start();
  assert.equal((await ask(nginx)).status, 200);
  assert.equal((await visit(nginx.settings.ports.direct, { host: "bad.test" })).status, 404);
});

test("a configuration test beside a running nginx does not take its socket away", async () => {
  await using nginx = await startNginx();
  await exec(["nginx", "-t", "-c", `${nginx.dir}/nginx.conf`]).catch(() => {});
  await nginx.router.check();
  assert.ok((await stat(nginx.settings.paths.socket)).isSocket());
});

test("requests that were held too long are told when to try again", async () => {
  await using nginx = await startNginx();
  const held = backend([], { mode: "held", heldUntilMs: Date.now() + 300 });
  await nginx.router.replace({ hosts: single("").hosts, backends: { 1: held } });
  const { status, headers } = await ask(nginx);
  assert.equal(status, 503);
  assert.equal(headers["retry-after"], "10");
});

test("no request fails while a backend is held and moved under load", async () => {
  await using one = await startNamed();
  await using two = await startNamed();
  await using nginx = await startNginx();
  await nginx.router.replace(single(one.address));
  const statuses: number[] = [];
  let isOver = false;
  const visitors = Array.from({ length: 8 }, async (_, index) => {
    const post = { method: "POST", body: "x".repeat(1000) };
    while (!isOver) {
      const how = index % 2 === 0 ? post : {};
      const answer = await visit(nginx.settings.ports.direct, { host: "a.test", ...how });
      statuses.push(answer.status);
    }
  });
  for (let turn = 0; turn < 10; turn += 1) {
    const [old, next] = turn % 2 === 0 ? [one, two] : [two, one];
    const held = backend([old.address], { mode: "held", heldUntilMs: Date.now() + 5_000 });
    await nginx.router.change({ hosts: {}, backends: { 1: held } });
    assert.equal(await nginx.router.drain(old.address, 5_000), 0);
    await nginx.router.change({ hosts: {}, backends: { 1: backend([next.address]) } });
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  isOver = true;
  await Promise.all(visitors);
  assert.ok(statuses.length > 100);
  assert.deepEqual(new Set(statuses), new Set([200]));
});

test("drain waits for the last request, and says how many are left at the end", async () => {
  let finish = () => {};
  const arrived = Promise.withResolvers<void>();
  await using peer = await startPeer((_, response) => {
    finish = () => response.end("done");
    arrived.resolve();
  });
  await using nginx = await startNginx();
  await nginx.router.replace(single(peer.address));
  const request = ask(nginx);
  await arrived.promise;
  assert.equal(await nginx.router.drain(peer.address, 100), 1);
  const drained = nginx.router.drain(peer.address, 5_000);
  finish();
  assert.equal(await drained, 0);
  assert.equal((await request).body, "done");
});

test("a peer that refuses connections is passed over and does not count as busy", async () => {
  await using peer = await startNamed();
  await using nginx = await startNginx({ workers: 1 });
  const gone = "127.0.0.1:1";
  const table = { ...single(""), backends: { 1: backend([gone, peer.address]) } };
  await nginx.router.replace(table);
  for (let times = 0; times < 6; times += 1) {
    assert.equal((await ask(nginx)).body, `${peer.address} /`);
  }
  await nginx.router.change({ hosts: {}, backends: { 1: backend([gone]) } });
  assert.equal((await ask(nginx)).status, 502);
  assert.equal(await nginx.router.drain(gone, 1_000), 0);
  assert.equal(await nginx.router.drain(peer.address, 1_000), 0);
});

test("requests go to the peer with the fewest in flight", async () => {
  const stuck: (() => void)[] = [];
  await using slow = await startPeer((_, response) => stuck.push(() => response.end("slow")));
  await using quick = await startNamed();
  await using nginx = await startNginx({ workers: 1 });
  const backends = { 1: backend([slow.address, quick.address]) };
  await nginx.router.replace({ hosts: single("").hosts, backends });
  const first = [ask(nginx), ask(nginx)];
  await until(async () => assert.equal(stuck.length, 1));
  for (let times = 0; times < 6; times += 1) {
    assert.equal((await ask(nginx)).body, `${quick.address} /`);
  }
  stuck[0]?.();
  assert.equal((await Promise.all(first)).length, 2);
});
