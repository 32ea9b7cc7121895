import assert from "node:assert/strict";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ended, start } from "#lib/exec.ts";
import { temporaryFolder, tools } from "../../test/machine.ts";
import { seccompProgram } from "./seccomp.ts";
import { refusedSyscalls, syscallNumbers, type SyscallName } from "./syscalls.ts";

const column = process.arch === "arm64" ? 1 : 0;
const errno = { EPERM: 1, ENOSYS: 38, EPROTONOSUPPORT: 93, EAFNOSUPPORT: 97 } as const;

test("every refused system call fails with the error that is meant, in a real sandbox", async () => {
  const calls = Object.entries(refusedSyscalls).flatMap(([code, names]) =>
    names.map((name): Call => ({ name, args: [], fails: code as keyof typeof errno })),
  );
  await tryCalls(calls);
});

test("arguments decide where a call has a good use too", async () => {
  const high = 2 ** 40;
  await tryCalls([
    { name: "unshare", args: [0x10000000], fails: "EPERM" },
    { name: "unshare", args: [0x80], fails: "EPERM" },
    { name: "unshare", args: [0x400], fails: null },
    { name: "clone", args: [0x10000000 + 17], fails: "EPERM" },
    { name: "ioctl", args: [0, 0x5412, 0], fails: "EPERM" },
    // The kernel looks at the low half alone, and so must the filter. @see CVE-2019-10063
    { name: "ioctl", args: [0, high + 0x5412, 0], fails: "EPERM" },
    { name: "ioctl", args: [0, 0x541c, 0], fails: "EPERM" },
    { name: "ioctl", args: [0, 0x5423, 0], fails: "EPERM" },
    { name: "setsockopt", args: [0, 0, 51, 0, 0], fails: "EPERM" },
    { name: "personality", args: [0xffffffff], fails: null },
    { name: "personality", args: [0x40000], fails: "EPERM" },
  ]);
});

test("sockets are unix, TCP, UDP, ping and the question for interfaces", async () => {
  const stream = 1;
  const datagram = 2;
  await tryCalls([
    { name: "socket", args: [1, stream, 0], fails: null },
    { name: "socket", args: [2, stream, 0], fails: null },
    { name: "socket", args: [10, stream + 0o2004000, 6], fails: null },
    { name: "socket", args: [2, datagram, 17], fails: null },
    { name: "socket", args: [16, 3, 0], fails: null },
    { name: "socket", args: [16, 3, 2], fails: "EPROTONOSUPPORT" },
    { name: "socket", args: [2, stream, 262], fails: "EPROTONOSUPPORT" },
    { name: "socket", args: [2, stream, 132], fails: "EPROTONOSUPPORT" },
    { name: "socket", args: [2, 5, 0], fails: "EPROTONOSUPPORT" },
    { name: "socket", args: [10, 3, 58], fails: "EPROTONOSUPPORT" },
    { name: "socket", args: [17, 3, 0], fails: "EAFNOSUPPORT" },
    { name: "socket", args: [38, 5, 0], fails: "EAFNOSUPPORT" },
    { name: "socket", args: [40, stream, 0], fails: "EAFNOSUPPORT" },
    { name: "socket", args: [2 ** 40 + 40, stream, 0], fails: "EAFNOSUPPORT" },
  ]);
});

test("a call in the numbers of another architecture ends the program", async (t) => {
  if (process.arch !== "x64") return t.skip("only x86-64 has a second set of numbers");
  const { code } = await runFiltered(["perl", "-e", "syscall(0x40000000 + 39)"]);
  assert.equal(code, 128 + 31);
});

test("Node, npm, git, a shell and their threads and children work", async () => {
  const node = [
    `new (require("node:worker_threads").Worker)("0", { eval: true })`,
    `require("node:os").networkInterfaces()`,
    `console.log(require("node:child_process").execFileSync("git", ["--version"]).toString())`,
    `require("node:net").createServer().listen(0, "::", function () { this.close(); })`,
    `require("node:fs").readFile("/etc/hostname", () => console.log("all well"))`,
  ].join(";");
  const ran = await runFiltered(["sh", "-c", `"$0" -e '${node}' && "$0" "$1" --version`]);
  assert.equal(ran.code, 0, ran.output);
  assert.match(ran.output, /git version/);
  assert.match(ran.output, /all well/);
  assert.match(ran.output, /^\d+\.\d+\.\d+$/m);
});

test("a program is made for both machines, and for no other", () => {
  assert.ok((seccompProgram("x64")?.length ?? 0) > 100 * 8);
  assert.ok((seccompProgram("arm64")?.length ?? 0) > 100 * 8);
  assert.equal(seccompProgram("riscv64"), null);
});

type Call = {
  readonly name: SyscallName;
  readonly args: readonly number[];
  /** The error; null when the call must get through to the kernel. */
  readonly fails: keyof typeof errno | null;
};

/** Makes each call in a sandbox with the filter, and compares how it ends. */
async function tryCalls(calls: readonly Call[]): Promise<void> {
  const known = calls.flatMap((call) => {
    const number = syscallNumbers[call.name][column];
    return number === null ? [] : [{ ...call, number }];
  });
  const lines = known.map(({ number, args }) => {
    const values = [number, ...args, 0, 0, 0, 0, 0, 0].slice(0, 7).map((it) => `0+${it}`);
    return `$! = 0; my $r = syscall(${values.join(", ")}); print $r < 0 ? $!+0 : 0, "\\n"; close STDIN;`;
  });
  const { output, code } = await runFiltered([
    "perl",
    "-e",
    lines.map((it) => `{ ${it} }`).join("\n"),
  ]);
  assert.equal(code, 0, output);
  const got = output.trim().split("\n").map(Number);
  for (const [index, { name, args, fails }] of known.entries()) {
    assert.equal(got[index], fails === null ? 0 : errno[fails], `${name}(${args.join(", ")})`);
  }
}

async function runFiltered(
  argv: readonly string[],
): Promise<{ code: number | null; output: string }> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "filter");
  const program = seccompProgram();
  assert.ok(program, "this machine has no filter");
  await writeFile(path, program);
  const file = await open(path);
  const sandbox = ["--unshare-pid", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"];
  const child = start(
    [
      "bwrap",
      ...sandbox,
      "--seccomp",
      "3",
      "--",
      ...argv,
      tools.node,
      join(tools.npm, "bin/npm-cli.js"),
    ],
    { stdio: ["ignore", "pipe", "pipe", file.fd] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => void (output += chunk.toString()));
  const { code } = await ended(child);
  await file.close();
  return { code, output };
}
