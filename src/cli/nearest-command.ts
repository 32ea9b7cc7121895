import { closest } from "#domain/closest.ts";

/** Verbs that a person may mean the same by; of those that there are, the first counts. */
const alike = [
  ["add", "create", "new", "make", "grant", "set"],
  ["remove", "delete", "rm", "destroy", "unset", "revoke", "end"],
  ["change", "edit", "update", "set"],
  ["info", "show", "get", "view"],
  ["list", "ls"],
];

/** What the name of a topic alone answers, where it has no such verb. */
const looking = ["list", "ls", "info", "show", "get", "view"];

/**
 * The command that was probably meant by a name that is none; null when none is near. A verb of the
 * same meaning comes before one of similar letters, and both are looked for within the topic: what
 * makes something is never answered with what removes it.
 */
export function nearestCommand(name: string, names: readonly string[]): string | null {
  const [typed = "", verb] = name.split(":");
  if (verb === undefined)
    return (
      within(typed, names) ?? synonym(typed, names) ?? ending(typed, names) ?? closest(typed, names)
    );
  const topics = [...new Set(names.map((it) => it.split(":")[0] ?? ""))];
  const topic = topics.includes(typed) ? typed : closest(typed, topics);
  return topic === null ? null : nearestOf(topic, verb, names);
}

/** What a topic has, where its name alone is no command. */
function within(topic: string, names: readonly string[]): string | null {
  const its = names.filter((it) => it.startsWith(`${topic}:`)).slice(0, 3);
  return its.length === 0 ? null : its.join(" or ");
}

function nearestOf(topic: string, verb: string, names: readonly string[]): string | null {
  const before = `${topic}:`;
  const verbs = names.flatMap((it) => (it.startsWith(before) ? [it.slice(before.length)] : []));
  const meant = verbs.includes(verb) ? verb : (synonym(verb, verbs) ?? closest(verb, verbs));
  if (meant !== null) return before + meant;
  return looking.includes(verb) && names.includes(topic) ? topic : null;
}

function synonym(word: string, words: readonly string[]): string | null {
  const groups = alike.filter((group) => group.includes(word));
  return groups.flat().find((it) => words.includes(it)) ?? null;
}

/** The one command with that verb. */
function ending(verb: string, names: readonly string[]): string | null {
  const [only, ...others] = names.filter((it) => it.endsWith(`:${verb}`));
  return others.length === 0 ? (only ?? null) : null;
}
