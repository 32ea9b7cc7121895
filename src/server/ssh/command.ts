import { splitWords } from "./words.ts";

/** What somebody asked for over SSH. */
export type SshCommand =
  | { readonly kind: "receive" | "upload"; readonly app: string }
  | { readonly kind: "cli"; readonly argv: readonly string[] };

/**
 * Reads what the client sent, which no shell has seen. git names the repository in quotes, with or
 * without a leading slash and `.git`.
 */
export function parseSshCommand(text: string): SshCommand {
  const words = splitWords(text);
  const [first = "", second = "", third = ""] = words;
  const [verb, path] = first === "git" ? [`git-${second}`, third] : [first, second];
  if (verb === "git-receive-pack") return { kind: "receive", app: appOf(path) };
  if (verb === "git-upload-pack") return { kind: "upload", app: appOf(path) };
  return { kind: "cli", argv: words.length === 0 ? ["help"] : words };
}

function appOf(path: string): string {
  return path
    .replace(/^\/+/, "")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
}
