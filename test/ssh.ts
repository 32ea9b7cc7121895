import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderExecline } from "#lib/execline.ts";
import { runProgram, type Ran } from "./programs.ts";

/** Somebody with a key of their own, at the SSH door of a platform. */
export type SshClient = {
  /** A program that is ssh with their key. */
  readonly program: string;
  /** The file of their public key. */
  readonly publicKey: string;
  /** What starts ssh with these words for the platform. */
  readonly argv: (...words: string[]) => [string, ...string[]];
  readonly run: (...words: string[]) => Promise<Ran>;
  readonly push: (tree: string, app: string, refs?: readonly string[]) => Promise<Ran>;
  /** Into a folder beside the key. */
  readonly clone: (app: string, folder: string) => Promise<Ran>;
};

export type SshDoor = {
  /** Where keys may be put. */
  readonly folder: string;
  readonly account: string;
  readonly ports: { readonly ssh: number };
};

/** Makes a key, which nobody knows yet. */
export async function createSshClient(door: SshDoor, name: string): Promise<SshClient> {
  const { folder, account, ports } = door;
  const key = join(folder, name);
  const made = await runProgram([...keygen, "-C", name, "-f", key]);
  assert.equal(made.code, 0, made.stderr);
  const program = join(folder, `ssh-${name}`);
  await writeFile(program, sshScript(key, folder), { mode: 0o700 });
  const env = { GIT_SSH: program, GIT_SSH_VARIANT: "ssh" };
  const remote = (app: string) => `ssh://${account}@127.0.0.1:${ports.ssh}/${app}`;
  const argv: SshClient["argv"] = (...words) => {
    return [program, "-p", String(ports.ssh), `${account}@127.0.0.1`, ...words];
  };
  return {
    program,
    publicKey: `${key}.pub`,
    argv,
    run: (...words) => runProgram(argv(...words)),
    push: (tree, app, refs = ["main"]) =>
      runProgram(["git", "-C", tree, "push", remote(app), ...refs], { env }),
    clone: (app, into) =>
      runProgram(["git", "clone", "--quiet", remote(app), join(folder, into)], { env }),
  };
}

const keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", ""] as const;

/** The usual exchange of keys takes ssh 60 ms of a processor, which the tests ask for some hundred times. */
const quick = ["KexAlgorithms=curve25519-sha256"];

/** A program that is ssh with a key. */
export function sshScript(key: string, folder: string, more: readonly string[] = quick): string {
  const options = [
    "StrictHostKeyChecking=no",
    `UserKnownHostsFile=${folder}/known_hosts`,
    "BatchMode=yes",
    "LogLevel=ERROR",
    ...more,
  ];
  const words = ["ssh", "-i", key, ...options.flatMap((it) => ["-o", it])];
  return renderExecline([[...words, { substituted: "$@" }]], { args: "-S0" });
}
