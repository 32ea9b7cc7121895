import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostConfig } from "#domain/host-config.ts";
import { createConfigDirectory } from "#drivers/config/directory.ts";
import { removeTree } from "#lib/files.ts";

export const shop = "branches:\n  main:\n    env: {V: 1}\n";

/** A configuration directory of its own, with a store of texts that outlives the readers. */
export async function createConfigWorld() {
  const root = await mkdtemp(join(tmpdir(), "berth-config-"));
  const dir = join(root, "config");
  const keyDir = join(root, "home", ".ssh", "authorized_keys.d");
  const texts = new Map<string, string>();
  const lastGood = {
    get: (file: string) => texts.get(file) ?? null,
    set: (file: string, text: string | null) =>
      void (text === null ? texts.delete(file) : texts.set(file, text)),
  };
  return {
    dir,
    keyDir,
    texts,
    open: () => createConfigDirectory({ dir, keyDirs: [keyDir], lastGood }),
    async write(file: string, text: string) {
      await mkdir(join(dir, file, ".."), { recursive: true });
      await writeFile(join(dir, file), text);
    },
    [Symbol.asyncDispose]: () => removeTree(root),
  };
}

export function versionIn(config: HostConfig): unknown {
  return config.apps.get("shop")?.branches.get("main")?.env["V"];
}

export function problemsIn(config: HostConfig): string[] {
  return config.problems.map(({ file, line, problem }) => `${file}:${line} ${problem}`);
}
