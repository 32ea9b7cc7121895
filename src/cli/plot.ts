const blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** Values as a line of blocks, at most `width` wide; what is not known is a space. */
export function renderPlot(values: readonly (number | null)[], width: number): string {
  const size = Math.max(1, Math.ceil(values.length / width));
  const columns = Array.from({ length: Math.ceil(values.length / size) }, (_, index) => {
    const known = values.slice(index * size, (index + 1) * size).filter((it) => it !== null);
    return known.length === 0 ? null : Math.max(...known);
  });
  const highest = Math.max(...columns.map((it) => it ?? 0));
  return columns.map((value) => blockOf(value, highest)).join("");
}

function blockOf(value: number | null, highest: number): string {
  if (value === null) return " ";
  const share = highest === 0 ? 0 : value / highest;
  return blocks[Math.min(blocks.length - 1, Math.floor(share * blocks.length))] ?? blocks[0];
}
