/** The word that was probably meant; null when none is near. */
export function closest(word: string, candidates: readonly string[]): string | null {
  const plain = plainOf(word);
  const limit = Math.max(1, Math.floor(plain.length / 3));
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: distanceOf(plain, plainOf(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance);
  return best?.candidate ?? null;
}

/** `processCount`, `process-count` and `process_count` are one word, written differently. */
function plainOf(word: string): string {
  return word
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[_\s-]/g, "");
}

/**
 * Letters to add, take away, change or swap with their neighbour until `a` is `b`.
 * @see Damerau 1964; the variant that edits no part twice (optimal string alignment).
 */
function distanceOf(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) row.push(nextDistance({ a, b, rows, i, j }));
  }
  return rows.at(-1)?.at(-1) ?? 0;
}

type Cell = { a: string; b: string; rows: readonly number[][]; i: number; j: number };

function nextDistance({ a, b, rows, i, j }: Cell): number {
  const at = (up: number, left: number) => rows[i - up]?.[j - left] ?? Infinity;
  const change = a[i - 1] === b[j - 1] ? 0 : 1;
  const isSwapped = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  const swap = isSwapped ? at(2, 2) + 1 : Infinity;
  return Math.min(at(1, 1) + change, at(1, 0) + 1, at(0, 1) + 1, swap);
}
