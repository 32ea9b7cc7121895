/** git's framing: four hexadecimal digits of length, themselves included; `0000` ends a section. @see gitprotocol-common(5) */
export function renderPktLine(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, "0")), body]);
}

export const flushPkt = Buffer.from("0000");

const lengthMax = 65_520;

/** Reads sections of lines from a stream, each up to its flush. */
export function createPktReader(input: AsyncIterable<Buffer>): {
  section: () => Promise<string[]>;
} {
  const chunks = input[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  const take = async (count: number): Promise<Buffer> => {
    while (rest.length < count) {
      const { value, done } = await chunks.next();
      if (done) throw new Error("the stream ended inside a line");
      rest = Buffer.concat([rest, value]);
    }
    const taken = rest.subarray(0, count);
    rest = rest.subarray(count);
    return taken;
  };
  return {
    section: async () => {
      const lines: string[] = [];
      for (;;) {
        const digits = (await take(4)).toString("latin1");
        const length = Number.parseInt(digits, 16);
        if (length === 0) return lines;
        if (!/^[0-9a-fA-F]{4}$/.test(digits) || length < 4 || length > lengthMax)
          throw new Error("not a line of git's");
        lines.push((await take(length - 4)).toString("utf8").replace(/\n$/, ""));
      }
    },
  };
}
