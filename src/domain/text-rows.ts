export type TextRow = { readonly line: number; readonly row: string };

/** The lines of a text that say something, with their numbers: no blank ones, and none that begin with `#`. */
export function rowsOf(text: string): TextRow[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((raw, index) => ({ line: index + 1, row: raw.trim() }))
    .filter(({ row }) => row !== "" && !row.startsWith("#"));
}
