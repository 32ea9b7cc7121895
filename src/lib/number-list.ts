/** Numbers in the kernel's words, as of ports or processors: `0-2,5`. @see cpuset(7), "List format" */
export function parseNumbers(text: string): Set<number> {
  const words = text.trim().split(",").filter(Boolean);
  const ranges = words.map((word) => word.split("-").map(Number));
  return new Set(
    ranges.flatMap(([from = 0, to = from]) =>
      Array.from({ length: to - from + 1 }, (_, at) => from + at),
    ),
  );
}

/** As the kernel does: in order, with `0-2` for a row of them. */
export function renderNumbers(numbers: Iterable<number>): string {
  const all = new Set(numbers);
  const firsts = [...all].filter((it) => !all.has(it - 1)).toSorted((a, b) => a - b);
  const rows = firsts.map((first) => {
    let last = first;
    while (all.has(last + 1)) last += 1;
    return last === first ? `${first}` : `${first}-${last}`;
  });
  return rows.join(",");
}
