import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Verb } from "#domain/privileges.ts";
import { joinFiles } from "#domain/realm.ts";
import { sessionFrames } from "#domain/runner.ts";
import { relayWords } from "#drivers/privileges/relay.ts";
import { checkout, programOf } from "#lib/checkout.ts";
import { bareEnv, ended, exec, start } from "#lib/exec.ts";
import { exitFrom } from "#lib/exits.ts";
import { ensureDirectory, readIfThere } from "#lib/files.ts";
import { framesOf } from "#lib/frames.ts";
import { homeLayout } from "#setup/layout.ts";
import { prepareHome } from "#setup/prepare-home.ts";
import { makeRealm, removeRealm } from "#setup/realm.ts";
import { claimUsers, releaseUsers } from "#setup/uid-range.ts";
import { superviseFolder, temporaryFolder, tools } from "../machine.ts";
import { until } from "../platform.ts";

export const account = { uid: 65_533, gid: 65_533 };
const berthRoot = programOf(checkout, "berth-root");

/** A shell's command line of an app, as its user. */
export const shell = (line: string) => ({ argv: ["/bin/sh", "-c", line], files: [] as string[] });
/** The same with a conversation about it, as berthd has one with a command. */
export const talking = (line: string, { takesInput = false } = {}) => {
  const { argv, files } = shell(line);
  return { argv: [...relayWords({ takesInput }), ...argv], files };
};
export const run = { user: 1, program: talking("true"), isConfined: false };
export const named = () => ({ ...run, name: `c${randomUUID()}` });

const how = {
  network: "open",
  port: null,
  program: { ...shell("exec sleep 900"), files: [""] },
  logName: "1/1-web.1",
};
export const instance = { id: 1, user: 1, ...how };

/** berth-root over a home as it is laid out, with a sealed artifact 1 of user 1, and what can be tried on it. */
export type World = Awaited<ReturnType<typeof startWorld>>;

export async function startWorld() {
  const home = await launchedHome();
  const acts = actsIn(home);
  const { ask, tree } = acts;
  const untilIt = () =>
    until(
      async () => (await ask({ verb: "lookAtFence", args: {} })).value !== undefined,
      "berth-root answers",
    );
  await untilIt();
  await tree(1);
  await exec(["chown", "-R", `${account.uid}:${account.gid}`, home.growing(1)]);
  for (const verb of ["handOverArtifact", "sealArtifact", "finishArtifact"] satisfies Verb[])
    assert.equal((await ask({ verb, args: { artifactId: 1, user: 1 } })).value, null);
  return {
    ...home,
    ...acts,
    restart: async () => {
      await home.restart();
      await untilIt();
    },
  };
}

async function launchedHome() {
  const folder = await temporaryFolder();
  await exec(["chmod", "711", folder.path]);
  const home = join(folder.path, "home");
  const layout = homeLayout(home);
  const router = { uid: 65_532, gid: 65_532 };
  const users = { account, router };
  await prepareHome(layout, users);
  const usersFrom = await claimUsers(home);
  const realm = await makeRealm(layout.helper, { account, router, appsFrom: usersFrom });
  const supervision = await superviseFolder(layout.scan);
  let audit = "";
  const launch = () => {
    const child = start([tools.node, berthRoot, home], {
      stdio: ["ignore", "pipe", "inherit"],
      env: bareEnv,
    });
    child.stdout?.on("data", (chunk: Buffer) => (audit += chunk.toString()));
    return { child, end: ended(child) };
  };
  let helper = launch();
  return {
    folder: folder.path,
    home,
    layout,
    users,
    usersFrom,
    realm,
    socket: layout.helperSocket,
    growing: (artifactId: number) => join(layout.artifacts, `${artifactId}.partial`),
    pid: () => helper.child.pid ?? 0,
    audit: () => audit,
    restart: async () => {
      helper.child.kill("SIGKILL");
      await helper.end;
      helper = launch();
    },
    [Symbol.asyncDispose]: async () => {
      helper.child.kill("SIGKILL");
      await helper.end;
      await supervision[Symbol.asyncDispose]();
      await removeRealm(realm);
      await releaseUsers(home);
      await folder[Symbol.asyncDispose]();
    },
  };
}

type Answer = {
  readonly value?: unknown;
  readonly failure?: { readonly code: string };
  readonly output: string;
};

function actsIn(world: Awaited<ReturnType<typeof launchedHome>>) {
  async function ask(request: { verb: unknown; args: unknown }): Promise<Answer> {
    return askText(JSON.stringify(request));
  }

  async function askText(text: string): Promise<Answer> {
    const socket = await open();
    socket.write(`${text}\n`);
    let answer: Omit<Answer, "output"> = {};
    let output = "";
    try {
      for await (const { type, payload } of framesOf(socket, 64 * 1024 ** 2)) {
        const said = payload.toString();
        if (type === sessionFrames.output) output += said;
        if (type === sessionFrames.failure) answer = { failure: JSON.parse(said) };
        if (type !== sessionFrames.result) continue;
        // Of a program that ran, how it ended; else what berth-root answers.
        answer = said.startsWith("{") ? JSON.parse(said) : { value: exitFrom(said) };
        socket.end();
      }
    } catch (error) {
      assert.match(String(error), /ECONNRESET|EPIPE|ECONNREFUSED|ENOENT/);
    }
    return { ...answer, output };
  }

  /** A connection that is taken as it comes; one that is refused is closed at once. */
  async function open(): Promise<Socket> {
    const socket = connect(world.socket);
    socket.on("error", () => {});
    await new Promise<void>((done) => socket.once("connect", done).once("close", done));
    return socket;
  }

  /** A cgroup of an app, as berthd makes it, in each of its hierarchies. */
  async function makeCgroup(uid: number, name: string): Promise<string[]> {
    const folders = joinFiles(world.realm, { uid, name }).map((file) => dirname(file));
    for (const folder of folders) await mkdir(folder, { recursive: true });
    return folders;
  }

  /** The service folder of instance 1, which runs. */
  async function startInstance(): Promise<string> {
    const logs = join(world.home, "logs/instances");
    await ensureDirectory(join(logs, how.logName));
    await exec(["chown", "-R", `${account.uid}:${account.gid}`, logs]);
    for (const name of ["i1", "l1"]) await makeCgroup(world.usersFrom + 1, name);
    assert.equal((await ask({ verb: "startInstance", args: instance })).value, null);
    return join(world.home, "run/services/i1");
  }

  /** As a build does, in a tree that was handed over. */
  async function runInTree(artifactId: number, lines: string): Promise<void> {
    const program = talking(`cd ${world.growing(artifactId)} && ${lines}`);
    const { value } = await ask({ verb: "runCommand", args: { ...named(), program } });
    assert.equal((value as { code: number }).code, 0);
  }

  /** A growing tree of two files. */
  async function tree(artifactId: number): Promise<void> {
    const path = world.growing(artifactId);
    await ensureDirectory(join(path, "sub"));
    for (const name of ["file", "sub/inner"]) await writeFile(join(path, name), "content");
  }

  async function listing(): Promise<string> {
    return exec(["find", world.home, "-not", "-path", "*/logs/*", "-printf", "%p %U %G %m %s\n"]);
  }

  async function processesOf(userNumber: number): Promise<number[]> {
    const uid = String(world.usersFrom + userNumber);
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const texts = await Promise.all(
      pids.map((pid) => readIfThere(`/proc/${pid}/status`).catch(() => null)),
    );
    return pids.filter((_, index) => /^Uid:\t(\d+)/m.exec(texts[index] ?? "")?.[1] === uid);
  }
  return { ask, askText, open, makeCgroup, startInstance, runInTree, tree, listing, processesOf };
}
