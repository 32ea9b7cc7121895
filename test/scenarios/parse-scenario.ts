/**
 * A scenario is a transcript that a person can read. Its five forms, each from the start of a line:
 *
 *     file shop/Procfile          the lines below that begin with `|` are its text
 *     owner$ berth apps           a command of an actor
 *     > Made shop.                a line that its output has, after the one expected before it
 *     ! No app is named …         the same for what it says beside its output
 *     exit 3                      how it ends; 0 when nothing is said
 *
 * `…` stands for anything. Other lines are prose.
 */
export type Step =
  | { readonly kind: "file"; readonly path: string; readonly text: string; readonly line: number }
  | {
      readonly kind: "run";
      readonly actor: string;
      readonly words: readonly string[];
      readonly stdout: readonly string[];
      readonly stderr: readonly string[];
      readonly exit: number;
      readonly line: number;
    };

type Draft = { line: number; head: string; body: string[] };

export function parseScenario(text: string): Step[] {
  const drafts: Draft[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (/^(?:file \S+|\w+\$ .+)$/.test(line))
      drafts.push({ line: index + 1, head: line, body: [] });
    else if (/^(?:[>!|](?: |$)|exit \d+$)/.test(line)) drafts.at(-1)?.body.push(line);
  }
  return drafts.map(stepOf);
}

/** Whether each expected line is found, in this order. Gives the first that is not. */
export function firstMissing(expected: readonly string[], output: string): string | null {
  const lines = output.split("\n").map((line) => line.trimEnd());
  let from = 0;
  for (const wanted of expected) {
    const at = lines.findIndex((line, index) => index >= from && patternOf(wanted).test(line));
    if (at < 0) return wanted;
    from = at + 1;
  }
  return null;
}

function stepOf({ line, head, body }: Draft): Step {
  const marked = (mark: string) =>
    body.filter((it) => it.startsWith(mark)).map((it) => it.slice(2));
  const [, path] = /^file (\S+)$/.exec(head) ?? [];
  if (path !== undefined) return { kind: "file", path, text: `${marked("|").join("\n")}\n`, line };
  const [, actor = "", command = ""] = /^(\w+)\$ (.+)$/.exec(head) ?? [];
  const exit = Number(body.find((it) => it.startsWith("exit "))?.slice(5) ?? 0);
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  return { kind: "run", actor, words, stdout: marked(">"), stderr: marked("!"), exit, line };
}

function patternOf(wanted: string): RegExp {
  const parts = wanted
    .trimEnd()
    .split("…")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^\\s*${parts.join(".*")}$`);
}
