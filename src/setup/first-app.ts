import { cp } from "node:fs/promises";
import { join } from "node:path";
import { bareEnv, exec, start, ended } from "#lib/exec.ts";
import { renderExecline } from "#lib/execline.ts";
import { ensureDirectory, exists, readIfThere, removeTree, writeAtomic } from "#lib/files.ts";

/** A key of this machine's own, with which the sample app is pushed. */
export async function ensureFirstKey(folder: string): Promise<string> {
  const key = join(folder, "first-app_ed25519");
  await ensureDirectory(folder, 0o700);
  if (!(await exists(key))) {
    await exec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "first-app", "-f", key]);
  }
  return (await readIfThere(`${key}.pub`)) ?? "";
}

/** Pushes a sample as a person would: a repository, a commit, `git push` over SSH. Its output goes to stderr. */
export async function pushSample(sample: {
  readonly folder: string;
  readonly example: string;
  readonly remote: string;
}): Promise<boolean> {
  const { folder, example, remote } = sample;
  const work = join(folder, "first-app");
  const ssh = join(folder, "first-app-ssh");
  const options = [
    "StrictHostKeyChecking=accept-new",
    `UserKnownHostsFile=${folder}/known_hosts`,
    "BatchMode=yes",
    "LogLevel=ERROR",
  ];
  const words = [
    "ssh",
    "-i",
    `${folder}/first-app_ed25519`,
    ...options.flatMap((it) => ["-o", it]),
  ];
  await writeAtomic(
    ssh,
    renderExecline([[...words, { substituted: "$@" }]], { args: "-S0" }),
    0o700,
  );
  await removeTree(work);
  await cp(example, work, { recursive: true });
  const who = [
    "-c",
    "user.name=Berth",
    "-c",
    "user.email=berth@localhost",
    "-c",
    "commit.gpgsign=false",
  ];
  await exec(["git", "-C", work, "init", "--quiet", "--initial-branch=main"]);
  await exec(["git", "-C", work, "add", "--all"]);
  await exec(["git", "-C", work, ...who, "commit", "--quiet", "--message", "The first app"]);
  const child = start(["git", "-C", work, "push", remote, "main"], {
    stdio: ["ignore", 2, 2],
    env: {
      ...bareEnv,
      HOME: folder,
      GIT_SSH: ssh,
      GIT_SSH_VARIANT: "ssh",
      GIT_TERMINAL_PROMPT: "0",
    },
  });
  return (await ended(child)).code === 0;
}
