import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { addKey, listKeys, rebuildKeys, removeKey } from "#api/keys.ts";
import { PlatformError } from "#domain/errors.ts";
import { command, type Context } from "./command.ts";
import { listCommand } from "./list-command.ts";

const keyBytesMax = 20_000;

export const keyCommands = [
  listCommand({
    usage: "keys",
    aliases: ["keys:list"],
    example: "keys",
    operation: listKeys,
    input: () => ({}),
    print: (keys, { out }) =>
      out.table(
        ["NAME", "OWNER", "TYPE", "FINGERPRINT", "MANAGED BY"],
        keys.map((key) => [
          key.name,
          key.user ?? "-",
          key.type,
          key.fingerprint,
          key.managedBy ?? "-",
        ]),
        "No keys yet, so nobody can push. Add yours: berth keys:add laptop ~/.ssh/id_ed25519.pub",
      ),
  }),
  command({
    usage: "keys:add <name> <file>",
    example: "keys:add laptop ~/.ssh/id_ed25519.pub",
    summary: "Lets a public key push and run commands; - reads it from standard input.",
    options: [{ flags: "--user <name>", describe: "whose it is, when it is not your own" }],
    operation: addKey,
    input: async (context) => ({
      body: {
        name: context.args[0] ?? "",
        key: await keyText(context),
        ...namedUser(context.options),
      },
    }),
    print: (key, out) => out.line(`Added ${key.name}: ${key.fingerprint}`),
  }),
  command({
    usage: "keys:remove <name>",
    example: "keys:remove laptop",
    operation: removeKey,
    input: ({ args: [name = ""] }) => ({ params: { name } }),
    print: ({ removed }, out) => out.line(`Removed ${removed}.`),
  }),
  command({
    usage: "rebuild_authorized_keys",
    aliases: ["keys:rebuild"],
    example: "rebuild_authorized_keys",
    operation: rebuildKeys,
    input: () => ({}),
    print: ({ keys }, out) => out.line(`Keys in force: ${keys}.`),
  }),
];

/** The body's or query's `user` of the option --user, when it is given. */
export function namedUser(options: Context["options"]): { user?: string } {
  return typeof options["user"] === "string" ? { user: options["user"] } : {};
}

async function keyText({ args, stdin, local }: Context): Promise<string> {
  const [, file = "-"] = args;
  if (file === "-") return textOf(stdin);
  if (!local) {
    const problem = "files are on your machine; use - and give the key on standard input";
    throw new PlatformError("invalid_input", { field: JSON.stringify(file), problem });
  }
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const problem =
      cause.code === "ENOENT"
        ? "there is no such file; ssh-keygen -t ed25519 makes a key, and says where its .pub file is"
        : `it cannot be read (${cause.code})`;
    throw new PlatformError("invalid_input", { field: JSON.stringify(file), problem }, { cause });
  });
  if (!text.includes("PRIVATE KEY")) return text;
  const problem = "this is the private key, which nobody else may see; use the .pub file beside it";
  throw new PlatformError("invalid_input", { field: JSON.stringify(file), problem });
}

async function textOf(stdin: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > keyBytesMax) break;
  }
  return text;
}
