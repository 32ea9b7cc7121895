import type { Readable } from "node:stream";
import { ReadStream } from "node:tty";

/**
 * A line typed at a terminal, which does not show it; else the whole input without its last line
 * break, so that a file of several lines is taken, too.
 */
export async function readHidden(
  stdin: Readable,
  question: string,
  note: (text: string) => void,
): Promise<string> {
  if (!(stdin instanceof ReadStream)) return (await readAll(stdin)).replace(/\r?\n$/, "");
  note(`${question} (it is not shown; Enter ends it):`);
  stdin.setRawMode(true);
  try {
    return await readLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array | string));
  return Buffer.concat(chunks).toString("utf8");
}

const [ctrlC, ctrlD, backspace, del] = ["\u0003", "\u0004", "\b", "\u007F"];

/** Keys as a terminal sends them when it edits nothing itself. */
function readLine(stdin: ReadStream): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let typed = "";
  const take = (chunk: Buffer): void => {
    for (const key of chunk.toString("utf8")) {
      if (key === "\r" || key === "\n" || key === ctrlD) return resolve(typed);
      if (key === ctrlC) return reject(new Error("Nothing was changed."));
      typed = key === backspace || key === del ? typed.slice(0, -1) : typed + key;
    }
  };
  stdin.on("data", take);
  return promise.finally(() => stdin.off("data", take));
}
