/** Puts a job's output together from pieces that may come again, each with the byte after it. */
export function createJobText(): JobText {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let offset = 0;
  let rest = "";
  const add: JobText["add"] = (piece) => {
    const bytes = encoder.encode(piece.text);
    const known = offset - (piece.offset - bytes.length);
    if (known >= bytes.length) return [];
    offset = piece.offset;
    const lines = (rest + decoder.decode(bytes.subarray(Math.max(0, known)))).split("\n");
    rest = lines.pop() ?? "";
    return lines;
  };
  return { add, rest: () => rest };
}

type JobText = {
  /** The lines that a piece completes. */
  readonly add: (piece: { offset: number; text: string }) => string[];
  /** What has no end of line yet. */
  readonly rest: () => string;
};
