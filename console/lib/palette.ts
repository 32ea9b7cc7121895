/** Somewhere to go, or something to do, by its name. */
export type Goal = {
  readonly name: string;
  /** What kind of thing it is: a page, an app, a page of an app. */
  readonly kind: string;
  readonly open: () => void;
};

/** The goals whose names have all typed words in them; those that begin with the first come first. */
export function findGoals(goals: readonly Goal[], typed: string, max: number): readonly Goal[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const [first = ""] = words;
  const found = goals.filter(({ name, kind }) => {
    const text = `${name} ${kind}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const isFirst = ({ name }: Goal) => name.toLowerCase().startsWith(first);
  return [...found.filter(isFirst), ...found.filter((goal) => !isFirst(goal))].slice(0, max);
}
