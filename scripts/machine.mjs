import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { capture, foreground } from "./child.mjs";
import { installPackages, missingPackages } from "./debian.mjs";
import { SetupError, step, tailOf } from "./progress.mjs";

const packages = ["qemu-system-x86", "busybox-static", "cpio", "kmod"];
/** What the kernel needs until it sees this machine's files, from which it loads the rest. */
const modules = ["virtio_pci", "9p", "9pnet_virtio", "overlay"];

/** How the virtual machine ends when `inside` says that all went well; other ends are other numbers. */
const goodEnd = 3;

/**
 * Runs a program as root in a virtual machine that has Debian's own kernel and control groups of
 * version 2 alone, as today's servers have. It sees the files of this machine, changes none, has no
 * network, and is gone at the end.
 * @param argv A program by its path, and its arguments.
 * @param accelerator `tcg`, which computes some ten times slower and works everywhere, or `kvm`.
 * @see qemu-system-x86_64(1)
 */
export async function runInMachine(argv, { accelerator, checkout }) {
  if (process.arch !== "x64" || process.getuid() !== 0)
    throw new SetupError("Only root on x86-64 can show this machine's files to a virtual one.");
  const missing = await missingPackages(packages);
  if (missing?.length) await installPackages(missing);
  const cache = join(checkout, ".cache/kernels");
  const kernel = await step("Fetching Debian's kernel", () => fetchKernel(cache));
  const folder = mkdtempSync(join(tmpdir(), "berth-machine-"));
  try {
    await makeFirstFiles(kernel, folder, [kernel.folder, checkout, ...argv]);
    return (await foreground(machineArgv(kernel, folder, accelerator))) === goodEnd ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The newest that Debian has, unpacked; what is there already is kept. */
async function fetchKernel(cache) {
  const asked = await told(["apt-cache", "depends", "--important", "linux-image-amd64"]);
  const [, name, version] = /Depends: (linux-image-(\S+))/.exec(asked) ?? [];
  if (name === undefined)
    throw new SetupError("apt-get knows no linux-image-amd64: apt-get update");
  const kernel = { folder: join(cache, name), version };
  if (existsSync(kernel.folder)) return kernel;
  const partial = join(cache, "partial");
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  await told(["apt-get", "download", name], { cwd: partial });
  const [archive] = readdirSync(partial);
  await told(["dpkg-deb", "-x", archive, "kernel"], { cwd: partial });
  await told(["depmod", "-b", "kernel", version], { cwd: partial });
  renameSync(join(partial, "kernel"), kernel.folder);
  rmSync(partial, { recursive: true });
  return kernel;
}

/** The file system that the kernel begins with, in memory; its `init` goes over to that of this machine. */
async function makeFirstFiles({ folder, version }, target, words) {
  const root = join(target, "root");
  cpSync(new URL("machine/", import.meta.url), root, { recursive: true });
  cpSync("/bin/busybox", join(root, "busybox"));
  writeFileSync(join(root, "words"), words.map((word) => `${word}\n`).join(""));
  const list = ["modprobe", "-d", folder, "-S", version, "--show-depends", "-a", ...modules];
  const files = [...(await told(list)).matchAll(/^insmod (\S+)/gm)].map(([, file]) => file);
  mkdirSync(join(root, "modules"));
  for (const [at, file] of [...new Set(files)].entries())
    cpSync(file, join(root, "modules", `${100 + at}-${basename(file)}`));
  const names = join(target, "names");
  writeFileSync(names, await told(["find", ".", "-mindepth", "1"], { cwd: root }));
  const stdio = [openSync(names), openSync(join(target, "initrd"), "w"), "pipe"];
  await told(["cpio", "--quiet", "-o", "-H", "newc"], { cwd: root, stdio });
}

function machineArgv({ folder, version }, target, accelerator) {
  const share = "local,path=/,mount_tag=machine,security_model=none,readonly=on,multidevs=remap";
  const parts = `-accel ${accelerator} -cpu max -smp 2 -m 2048 -nodefaults -no-reboot -nographic
    -serial stdio -device isa-debug-exit,iobase=0x501 -virtfs ${share}`;
  const [image, initrd] = [join(folder, `boot/vmlinuz-${version}`), join(target, "initrd")];
  const begin = ["-kernel", image, "-initrd", initrd, "-append", "console=ttyS0 quiet panic=-1"];
  return ["qemu-system-x86_64", ...parts.split(/\s+/), ...begin];
}

/** What a program printed, which must succeed. */
async function told(argv, options) {
  const { code, stdout, output } = await capture(argv, options);
  if (code !== 0) throw new SetupError(`${argv.join(" ")} failed:\n${tailOf(output)}`);
  return stdout;
}
