import { join } from "node:path";
import { bareEnv, exec } from "#lib/exec.ts";
import { readIfThere } from "#lib/files.ts";

const sshPort = "42522";

/** The app that a directory belongs to: its git remote for a Berth, else the manifest's name. */
export async function detectTarget(directory: string): Promise<string | null> {
  return (await fromGit(directory)) ?? (await fromManifest(directory));
}

/** The app of the remote called berth, else of one that leads to a Berth's port. */
export function appOfRemotes(remotes: readonly { name: string; url: string }[]): string | null {
  const berth = remotes.find(({ name }) => name === "berth");
  const other = remotes.find(({ url }) => portOf(url) === sshPort);
  return (berth && appOfUrl(berth.url)) ?? (other ? appOfUrl(other.url) : null);
}

/** `ssh://berth@host:42522/shop.git` or `berth@host:shop` → `shop`. */
function appOfUrl(url: string): string | null {
  const [, app] =
    /^ssh:\/\/[^/]+\/+([^/]+?)(?:\.git)?\/?$/.exec(url) ??
    /^[^/:]+:\/*([^/:]+?)(?:\.git)?\/?$/.exec(url) ??
    [];
  return app ?? null;
}

function portOf(url: string): string | null {
  return /^ssh:\/\/[^/]+:(\d+)\//.exec(url)?.[1] ?? null;
}

async function fromGit(directory: string): Promise<string | null> {
  const argv = ["git", "config", "--get-regexp", "^remote\\..*\\.url$"] as const;
  // Outside of a repository, or without git, there is no remote: that is an answer.
  const text = await exec(argv, { cwd: directory, env: bareEnv, timeoutMs: 5_000 }).catch(() => "");
  return appOfRemotes(
    text
      .split("\n")
      .map((line) => /^remote\.(.+)\.url (.+)$/.exec(line))
      .map((match) => ({ name: match?.[1] ?? "", url: match?.[2] ?? "" })),
  );
}

async function fromManifest(directory: string): Promise<string | null> {
  const text = await readIfThere(join(directory, "berth.yml")).catch(() => null);
  return /^name:\s*["']?([a-z0-9-]+)["']?\s*$/m.exec(text ?? "")?.[1] ?? null;
}
