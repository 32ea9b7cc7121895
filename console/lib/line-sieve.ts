type Named = { readonly at: string | null; readonly source: string; readonly text: string };

/** Tells lines that have not come yet from those that come again, as after a stream was cut. */
export function createLineSieve(keptMax = 4000): (line: Named) => boolean {
  const kept = new Set<string>();
  return ({ at, source, text }) => {
    const key = `${at} ${source} ${text}`;
    if (kept.has(key)) return false;
    kept.add(key);
    if (kept.size > keptMax) {
      // A set goes through its values in the order in which they came.
      for (const oldest of kept) {
        kept.delete(oldest);
        break;
      }
    }
    return true;
  };
}
