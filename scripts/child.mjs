import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";

/**
 * Runs a program in the foreground, passes signals on to it, and gives the exit code to end with.
 * Ctrl-C at a terminal reaches the child by itself; sent twice, it would mean "now, by force".
 */
export async function foreground(argv, options = {}) {
  const [program, ...args] = argv;
  const child = spawn(program, args, { stdio: "inherit", ...options });
  const forward = (signal) => child.kill(signal);
  const ignore = () => {};
  const handlers = {
    SIGTERM: forward,
    SIGHUP: forward,
    SIGINT: process.stdin.isTTY ? ignore : forward,
    SIGQUIT: process.stdin.isTTY ? ignore : forward,
  };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  const { code, signal } = await endOf(child);
  for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
  return code ?? 128 + constants.signals[signal];
}

/** Calls `act` once a process is gone: not every one that is ended can end what it started. */
export function whenGone(pid, act) {
  const timer = setInterval(() => {
    if (existsSync(`/proc/${pid}`)) return;
    clearInterval(timer);
    act();
  }, 500);
  timer.unref();
}

/** Runs a program quietly to its end: its exit code, what it printed, and the last of both streams. */
export async function capture(argv, options = {}) {
  const [program, ...args] = argv;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let stdout = "";
  let output = "";
  child.stdout?.setEncoding("utf8");
  child.stderr?.setEncoding("utf8");
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
    output = (output + chunk).slice(-8000);
  });
  child.stderr?.on("data", (chunk) => {
    output = (output + chunk).slice(-8000);
  });
  const { code, signal } = await endOf(child);
  return { code: code ?? 128 + constants.signals[signal], stdout, output };
}

function endOf(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}
