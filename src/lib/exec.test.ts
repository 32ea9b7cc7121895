import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { exec, ended, ExecError, start } from "./exec.ts";

const node = (code: string, ...args: string[]) => [process.execPath, "-e", code, ...args] as const;

test("arguments reach a program as they are, through no shell", async () => {
  const args = ["a b", "$HOME", "`id`", "$(id)", "*", "'", '"', "\\", "", "line\nend", "; id"];
  const print = node("console.log(JSON.stringify(process.argv.slice(1)))", ...args);
  assert.deepEqual(JSON.parse(await exec([...print])), args);
});

test("a program gets its input and only the environment that it is given", async () => {
  const echo = node("process.stdin.pipe(process.stdout)");
  assert.equal(await exec([...echo], { input: "in 日\0out" }), "in 日\0out");
  const env = { ONE: "1", NONE: undefined };
  const told = await exec([...node("console.log(JSON.stringify(process.env))")], { env });
  assert.deepEqual(JSON.parse(told), { ONE: "1" });
});

test("a bad end says how the program ended and what it said last", async () => {
  const failing = node("console.error('x'.repeat(1e5)); console.error('reason'); process.exit(3)");
  const error = await exec([...failing]).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ExecError);
  assert.equal(error.code, 3);
  assert.match(error.message, /exited with code 3: x+\nreason$/);
  assert.ok(error.stderrTail.length <= 16 * 1024);
  const killed = node("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)");
  await assert.rejects(exec([...killed]), { signal: "SIGTERM", message: /was killed by SIGTERM/ });
});

test("an end is told to whoever asks for it later, too", async () => {
  const child = start([...node("process.exit(3)")], { stdio: ["pipe", "pipe", "ignore"] });
  child.stdout?.resume();
  await once(child, "close");
  assert.deepEqual(await ended(child), { code: 3, signal: null });
});

test("a program that takes too long is killed, and one that is told to stop too", async () => {
  const forever = node("setInterval(() => {}, 1000)");
  await assert.rejects(exec([...forever], { timeoutMs: 50 }), { timedOut: true });
  const signal = AbortSignal.timeout(50);
  await assert.rejects(exec([...forever], { signal }), { timedOut: false, signal: "SIGKILL" });
});

test("output that does not fit is an error, never a part taken for the whole", async () => {
  const flood = node(
    "const b = Buffer.alloc(1 << 20); const f = () => process.stdout.write(b, f); f()",
  );
  const error = await exec([...flood]).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ExecError);
  assert.equal(error.tooMuch, true);
  assert.match(error.message, /printed too much/);
});

test("a program that does not read its input harms nobody", async () => {
  assert.equal(await exec([...node("process.exit(0)")], { input: "x".repeat(1e7) }), "");
});

test("a program that is not there rejects, and starts nothing", async () => {
  await assert.rejects(exec(["/nonexistent/program"]), { code: "ENOENT" });
  const child = start(["/nonexistent/program"], { stdio: "ignore" });
  await assert.rejects(ended(child), { code: "ENOENT" });
});
