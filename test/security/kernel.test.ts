import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { after, before } from "node:test";
import { syscallNumbers } from "#lib/syscalls.ts";
import { startPlatform, webApp, type Platform } from "../platform.ts";
import { isRoot } from "../privileges.ts";

/** What the kernel has once for all programs of the machine, and one app could use up. */
const noRoot = isRoot ? false : "only root can put the walls up";

let platform: Platform;
before(async () => {
  if (!isRoot) return;
  platform = await startPlatform();
  await platform.berth("apps:create", "evil");
  const pushed = await platform.push(await platform.tree(webApp("well")), "evil");
  assert.equal(pushed.code, 0, pushed.stderr);
});
after(async () => {
  if (isRoot) await platform[Symbol.asyncDispose]();
});

test(
  "class 22, exhaustion: it takes none of the machine's asynchronous input and output",
  { skip: noRoot },
  async () => {
    const number = syscallNumbers.io_setup[process.arch === "arm64" ? 1 : 0];
    const taking = `my $context = pack("Q", 0); print syscall(${number}, 1, $context), " $!"`;
    const ran = await platform.berth("run", "-a", "evil", "--", "perl", "-e", taking);
    assert.equal(ran.stdout, "-1 Function not implemented", ran.stderr);
  },
);

test(
  "class 22, exhaustion: what its connections hold is bounded as its memory is",
  { skip: noRoot },
  async () => {
    const before_ = heldByConnections();
    let most = 0;
    const looking = setInterval(() => (most = Math.max(most, heldByConnections())), 100);
    const ran = await platform.berth("run", "-a", "evil", "--", "node", "-e", filling);
    clearInterval(looking);
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok(Number(ran.stdout) > 100, `${ran.stdout} connections`);
    // Each connection has some kilobytes in any case. It was three times its memory of 512 MB.
    const heldMb = (most - before_) / 1024 ** 2;
    assert.ok(heldMb < 512, `${heldMb} MB`);
  },
);

/** Opens connections to itself for some seconds, and reads nothing of what it writes to them. */
const filling = `
const net = require("node:net");
const bytes = Buffer.alloc(65536);
let open = 0;
const server = net.createServer((socket) => socket.pause()).listen(0, "127.0.0.1", () => {
  setInterval(() => {
    for (let at = 0; at < 20; at += 1) {
      const socket = net.connect(server.address().port, "127.0.0.1");
      const write = () => { while (socket.bytesWritten < 12e6 && socket.write(bytes)); };
      socket.on("error", () => {}).on("drain", write).on("connect", () => { open += 1; write(); });
    }
  }, 50);
});
setTimeout(() => { process.stdout.write(String(open)); process.exit(); }, 8000);`;

/** Bytes of the kernel's memory that all connections of the machine have. @see proc_net_sockstat */
function heldByConnections(): number {
  const [, pages] = /^TCP: .* mem (\d+)$/m.exec(readFileSync("/proc/net/sockstat", "utf8")) ?? [];
  return Number(pages) * 4096;
}
