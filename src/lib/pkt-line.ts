/** git's framing: four hexadecimal digits of length, themselves included; `0000` ends a section. @see gitprotocol-common(5) */
export function renderPktLine(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, "0")), body]);
}

const flush = "0000";
export const flushPkt = Buffer.from(flush);

const sizeMax = 65_520;

/** Reads sections of lines from a stream, each up to its flush. */
export function createPktReader(input: AsyncIterable<Buffer>): {
  section: () => Promise<string[]>;
} {
  const chunks = input[Symbol.asyncIterator]();
  let parts: Buffer[] = [];
  let length = 0;
  const take = async (count: number): Promise<Buffer> => {
    while (length < count) {
      const { value, done } = await chunks.next();
      if (done) throw new Error("the stream ended inside a line");
      parts.push(value);
      length += value.length;
    }
    const [only] = parts;
    const whole = only && parts.length === 1 ? only : Buffer.concat(parts);
    parts = [whole.subarray(count)];
    length -= count;
    return whole.subarray(0, count);
  };
  return {
    section: async () => {
      const lines: string[] = [];
      for (;;) {
        const digits = (await take(4)).toString("latin1");
        if (digits === flush) return lines;
        const size = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0;
        if (size < 4 || size > sizeMax) throw new Error("not a line of git's");
        lines.push((await take(size - 4)).toString("utf8").replace(/\n$/, ""));
      }
    },
  };
}
