import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { exec } from "#lib/exec.ts";
import { until } from "./platform.ts";
import { runProgram, type Ran } from "./programs.ts";
import { temporaryFolder } from "./machine.ts";

/** This machine's files as another machine could have them: what is changed there is kept in memory. */
export type Overlay = AsyncDisposable & {
  readonly root: string;
  /** Runs a program with it as the root directory. */
  readonly run: (ids: { uid?: number; gid?: number }, ...argv: string[]) => Promise<Ran>;
};

/** @see mount(8), overlayfs; chroot(1) */
export async function overlayOfMachine(): Promise<Overlay> {
  await using cleanup = new AsyncDisposableStack();
  const folder = cleanup.use(await temporaryFolder());
  const [memory, root] = [join(folder.path, "memory"), join(folder.path, "root")];
  const mount = async (path: string, ...options: string[]) => {
    await mkdir(path, { recursive: true });
    await exec(["mount", ...options, path]);
    cleanup.defer(() => unmounted(path));
  };
  await mount(memory, "-t", "tmpfs", "-o", "mode=755", "tmpfs");
  for (const name of ["upper", "work"]) await mkdir(join(memory, name));
  const layers = `lowerdir=/,upperdir=${memory}/upper,workdir=${memory}/work`;
  await mount(root, "-t", "overlay", "-o", layers, "overlay");
  const kept = cleanup.move();
  return {
    root,
    run: ({ uid = 0, gid = 0 }, ...argv) =>
      runProgram(["chroot", `--userspec=${uid}:${gid}`, root, ...argv]),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What still runs below it is given a moment. */
async function unmounted(path: string): Promise<void> {
  const isDone = () =>
    exec(["umount", path]).then(
      () => true,
      () => false,
    );
  await until(isDone, `${path} is unmounted`, 10_000);
}
