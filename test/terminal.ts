import assert from "node:assert/strict";
import { spawn } from "@lydell/node-pty";
import { bareEnv } from "#lib/exec.ts";
import { until } from "./platform.ts";

const size = { columns: 97, rows: 31 };

/**
 * What a program shows in a terminal until it ends, with `^[` for each escape character; Ctrl-C is
 * typed when it shows `interruptAt`.
 */
export async function shownInTerminal(
  [program, ...args]: readonly [string, ...string[]],
  { interruptAt, env = {} }: { interruptAt?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const own = { ...bareEnv, TERM: "xterm", ...env };
  const terminal = spawn(program, args, { cols: size.columns, rows: size.rows, env: own });
  let shown = "";
  terminal.onData((text) => {
    const isThere = interruptAt === undefined || shown.includes(interruptAt);
    shown += text;
    if (!isThere && shown.includes(interruptAt)) terminal.write("\x03");
  });
  await new Promise((ended) => terminal.onExit(ended));
  return shown.replaceAll("\x1b", "^[");
}

/**
 * Types into a shell that a program starts, as a person at a terminal does: it is a terminal of this
 * one's size, Ctrl-C ends what runs in it and not itself, and its exit code is passed on.
 */
export async function talkToShell([program, ...args]: [string, ...string[]]): Promise<void> {
  const { columns: cols, rows } = size;
  const terminal = spawn(program, args, { cols, rows, env: { ...bareEnv, TERM: "xterm" } });
  let shown = "";
  terminal.onData((text) => (shown += text));
  const { promise: exit, resolve } = Promise.withResolvers<number>();
  terminal.onExit(({ exitCode }) => resolve(exitCode));
  // What is typed is shown too, so what is waited for is never in it.
  const type = async (line: string, answer: string) => {
    terminal.write(line);
    const what = `${answer} after ${JSON.stringify(line)}`;
    await until(async () => shown.includes(answer), what).catch((error: Error) => {
      throw new Error(`${error.message}, in: ${shown}`, { cause: error });
    });
  };
  try {
    await type("stty size\r", `${rows} ${cols}`);
    await type("echo begun$((1)); sleep 600\r", "begun1");
    await type("\x03", "^C");
    await type("echo ended by $(($?))\r", "ended by 130");
    terminal.write("exit 7\r");
    assert.equal(await exit, 7, shown);
  } finally {
    terminal.kill("SIGKILL");
  }
}
