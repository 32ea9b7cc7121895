import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, cp, mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { createClient } from "#api/client.ts";
import { addKey } from "#api/keys.ts";
import { programOf } from "#lib/checkout.ts";
import { chownTree, exists } from "#lib/files.ts";
import { createTransport } from "#lib/http.ts";
import { busyPorts } from "#lib/sockets.ts";
import { homeLayout } from "#setup/layout.ts";
import { releaseUsers } from "#setup/uid-range.ts";
import { temporaryFolder } from "./machine.ts";
import { isRoot } from "./privileges.ts";
import { runProgram, type Ran } from "./programs.ts";
import { createSshClient, type SshClient } from "./ssh.ts";

const checkout = join(import.meta.dirname, "..");
const nodeOf = (code: string) => join(code, "node_modules/node/bin/node");

export type Ports = Record<"api" | "ssh" | "direct" | "http" | "terminated" | "tls", number>;

/**
 * Berth as it is installed, in a home of its own: real s6, nginx, sshd, git and bubblewrap, started
 * with `berth up` and ended at the end of the scope.
 * @param settings Lines of berth.yml beside the ports.
 * @param person Who starts it; whoever runs the tests when nobody is named.
 */
export async function startPlatform(settings = "", person: Person = us): Promise<Platform> {
  const folder = await temporaryFolder();
  // Everything runs as another account, which must get through to the home.
  await chmod(folder.path, 0o711);
  const home = join(folder.path, "home");
  const { ports, instances } = await choosePorts();
  await mkdir(join(home, "config"), { recursive: true });
  const listen = Object.entries(ports).map(([name, port]) => `  ${name}: ${port}\n`);
  const instanceRange = `ports:\n  min: ${instances.min}\n  max: ${instances.max}\n`;
  await writeFile(
    join(home, "config/berth.yml"),
    `listen:\n${listen.join("")}${instanceRange}${settings}`,
  );
  if (isRoot && person === us) await takeCompiled(home);
  const { uid, gid } = person.ids;
  if (uid !== undefined && gid !== undefined) await chownTree(home, uid, gid);
  const { account } = person;
  const owner = await createSshClient({ folder: folder.path, account, ports }, "owner");
  const cli = programOf(person.code, "cli");
  const command: Platform["command"] = [nodeOf(person.code), cli, "--home", home];
  const platform: Platform = {
    home,
    folder: folder.path,
    ports,
    ssh: owner.program,
    account,
    command,
    berth: (...args) => runProgram([...command, ...args], person.ids),
    up: async () => {
      // Whoever starts it may have files open that are for nobody else.
      await using file = await open(owner.publicKey);
      // Beyond a gap, where Node does not look for what it must not pass on.
      const also = [...Array.from({ length: 40 }, () => "ignore" as const), file.fd];
      const up = await runProgram([...command, "up", "--detach"], { ...person.ids, also });
      assert.equal(up.code, 0, up.stderr + up.stdout);
    },
    sshArgv: owner.argv,
    overSsh: owner.run,
    tree: (files) => makeTree(folder.path, files),
    push: owner.push,
    visit: (host, path = "/", port = ports.direct) => visit({ port, host, path }),
    [Symbol.asyncDispose]: async () => {
      await platform.berth("down");
      if (isRoot) await releaseUsers(home);
      if (isRoot && person === us) await keepCompiled(home);
      await folder[Symbol.asyncDispose]();
    },
  };
  await platform.up();
  await addOwner(platform, owner.publicKey);
  return platform;
}

/** As `berth keys:add` does, without a program of its own. */
async function addOwner({ home, account }: Platform, file: string): Promise<void> {
  const headers = { "x-berth-actor": account };
  const transport = createTransport({ socketPath: homeLayout(home).socket, headers });
  const body = { name: "owner", key: await readFile(file, "utf8") };
  await createClient(transport, home)(addKey, { body });
}

/** Somebody who starts Berth. */
export type Person = {
  /** The name for ssh: the account that everything runs as. */
  readonly account: string;
  /** A checkout that they can read. */
  readonly code: string;
  readonly ids: { readonly uid?: number; readonly gid?: number };
};

/** As root, everything runs as `berth`; else as the one who runs the tests. */
const us: Person = {
  account: isRoot ? "berth" : userInfo().username,
  code: checkout,
  ids: {},
};

/** Where a home has compiled code, and where the homes of one run of the tests hand it on. */
function compiledIn(home: string): { readonly own: string; readonly shared: string }[] {
  const run = process.env["NODE_COMPILE_CACHE"];
  if (run === undefined) return [];
  const { compileCache, helperCache } = homeLayout(home);
  return [compileCache, helperCache].map((own) => ({ own, shared: join(run, basename(own)) }));
}

/** A home that starts anew every time would compile the same again and again. */
async function takeCompiled(home: string): Promise<void> {
  for (const { own, shared } of compiledIn(home)) {
    if (!(await exists(shared))) continue;
    await mkdir(dirname(own), { recursive: true });
    const ran = await runProgram(["cp", "--archive", "--link", shared, own]);
    assert.equal(ran.code, 0, ran.stderr);
  }
}

async function keepCompiled(home: string): Promise<void> {
  for (const { own, shared } of compiledIn(home)) {
    // The first one is kept.
    await rename(own, shared).catch(() => {});
  }
}

export type Platform = AsyncDisposable & {
  /** The account that everything runs as. */
  readonly account: string;
  readonly home: string;
  /** The test's own folder, in which the home is. */
  readonly folder: string;
  readonly ports: Ports;
  /** A program that is ssh with the owner's key. */
  readonly ssh: string;
  /** The words that `berth` begins with. */
  readonly command: readonly [string, ...string[]];
  readonly berth: (...args: string[]) => Promise<Ran>;
  readonly up: () => Promise<void>;
  readonly sshArgv: SshClient["argv"];
  readonly overSsh: SshClient["run"];
  /** A git repository with one commit of these files on `main`. */
  readonly tree: (files: Readonly<Record<string, string>>) => Promise<string>;
  /** `git push`, as the owner. */
  readonly push: SshClient["push"];
  readonly visit: (host: string, path?: string, port?: number) => Promise<Answer>;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

/** A web server in one file that answers with `text`; enough of an app for most questions. */
export function webApp(text: string): Record<string, string> {
  const server = `require("node:http").createServer((q, s) => s.end(${JSON.stringify(text)})).listen(process.env.PORT)`;
  return { "server.js": server, Procfile: "web: node server.js\n" };
}

/** Puts files into a tree and commits them. */
export async function commit(
  tree: string,
  files: Readonly<Record<string, string>>,
  message = "change",
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  const who = ["-c", "user.name=Test", "-c", "user.email=test@localhost"];
  for (const args of [
    ["add", "--all"],
    [...who, "commit", "--quiet", "--allow-empty", "--message", message],
  ]) {
    const ran = await runProgram(["git", "-C", tree, ...args]);
    assert.equal(ran.code, 0, ran.stderr);
  }
}

/** Resolves when `isSo` answers yes. */
export async function until(
  isSo: () => Promise<boolean>,
  what: string,
  timeoutMs = 10_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (let askedMs = performance.now(); !(await isSo()); askedMs = performance.now()) {
    const now = performance.now();
    assert.ok(now < end, `in time: ${what}`);
    // Whoever asks all the time slows down what is waited for.
    const pauseMs = Math.min(Math.max(25, 2 * (now - askedMs)), 250);
    await new Promise((wait) => setTimeout(wait, pauseMs));
  }
}

export async function copyExample(platform: Platform, name: string): Promise<string> {
  const tree = await platform.tree({});
  await cp(join(checkout, "examples", name), tree, { recursive: true });
  await commit(tree, {});
  return tree;
}

async function makeTree(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  const tree = join(folder, `tree-${Math.random().toString(36).slice(2)}`);
  const made = await runProgram(["git", "init", "--quiet", "--initial-branch=main", tree]);
  assert.equal(made.code, 0, made.stderr);
  await commit(tree, files, "first");
  return tree;
}

/**
 * A block of ports of the platform's own, below those that the kernel gives to outgoing
 * connections, so that no connection takes one between the choice and its use.
 */
async function choosePorts(): Promise<{ ports: Ports; instances: { min: number; max: number } }> {
  let first = 0;
  for (let isOurs = false; !isOurs;) {
    first = 10_000 + 128 * Math.floor(Math.random() * 160);
    isOurs = (await claim(first)) && (await busyPorts(range(first, 128))).size === 0;
  }
  const [api, ssh, direct, http, terminated, tls] = range(first, 6) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    ports: { api, ssh, direct, http, terminated, tls },
    instances: { min: first + 10, max: first + 127 },
  };
}

/**
 * Whether no other test has the block, which is ours then until this process ends: free ports alone
 * tell nothing of a platform that only begins, or is down for a moment.
 */
async function claim(first: number): Promise<boolean> {
  const server = createServer().unref();
  const isOurs = once(server, "listening").then(
    () => true,
    () => false,
  );
  server.listen(`\0berth-test-ports-${first}`);
  return isOurs;
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

function visit(where: { port: number; host: string; path: string }): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { port, host, path } = where;
  const asked = get(
    { port, host: "127.0.0.1", path, headers: { host }, agent: false },
    (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    },
  );
  asked.once("error", reject);
  return promise;
}
