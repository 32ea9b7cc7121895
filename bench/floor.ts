import { chmod, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { ended, start } from "#lib/exec.ts";
import { freePort } from "../test/machine.ts";
import type { Platform } from "../test/platform.ts";
import { runProgram } from "../test/programs.ts";

/**
 * What no platform can do without: a plain `git push` over SSH to a bare repository, and the app's
 * own start until it accepts a connection. The same machine, key, git and Node as Berth's.
 */
export type Floor = AsyncDisposable & {
  readonly pushMs: (tree: string) => Promise<number>;
  readonly bootMs: (tree: string, node: string) => Promise<number>;
};

export async function startFloor(platform: Platform): Promise<Floor> {
  const folder = join(platform.folder, "floor");
  const port = await freePort();
  const repository = join(folder, "plain.git");
  await runProgram(["git", "init", "--quiet", "--bare", "--initial-branch=main", repository]);
  await runProgram(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(folder, "host")]);
  await runProgram(["cp", join(platform.folder, "owner.pub"), join(folder, "authorized_keys")]);
  await chmod(folder, 0o711);
  await writeFile(join(folder, "sshd_config"), plainSshd(folder, port));
  // As root, sshd wants this folder; it is part of the machine's own ssh set-up.
  await runProgram(["mkdir", "-p", "/run/sshd"]);
  const sshd = start(["/usr/sbin/sshd", "-D", "-f", join(folder, "sshd_config")], {
    stdio: "ignore",
  });
  const end = ended(sshd);
  await untilAccepted(port);
  const remote = `ssh://${userInfo().username}@127.0.0.1:${port}${repository}`;
  return {
    pushMs: async (tree) => {
      const before = performance.now();
      const env = { GIT_SSH: platform.ssh, GIT_SSH_VARIANT: "ssh" };
      const pushed = await runProgram(["git", "-C", tree, "push", remote, "main"], { env });
      if (pushed.code !== 0) throw new Error(pushed.stderr);
      return performance.now() - before;
    },
    bootMs: async (tree, node) => {
      const appPort = await freePort();
      const before = performance.now();
      const app = start([node, "server.js"], {
        cwd: tree,
        stdio: "ignore",
        env: { PORT: String(appPort) },
      });
      const appEnd = ended(app);
      await untilAccepted(appPort);
      const took = performance.now() - before;
      app.kill("SIGKILL");
      await appEnd;
      return took;
    },
    [Symbol.asyncDispose]: async () => {
      sshd.kill("SIGTERM");
      await end;
    },
  };
}

async function untilAccepted(port: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await accepts(port))) {
    if (performance.now() > deadline) throw new Error(`nothing listens on ${port}`);
    await new Promise((wait) => setTimeout(wait, 1));
  }
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => {
    socket.destroy();
    resolve(true);
  });
  socket.once("error", () => resolve(false));
  return promise;
}

/** An sshd as a person would set it up for a bare repository. */
function plainSshd(folder: string, port: number): string {
  const lines = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "UseDNS no",
  ];
  return `${lines.join("\n")}\n`;
}
