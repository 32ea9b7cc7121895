/** One piece of a conversation over a stream of bytes: what it is, and its bytes. */
export type Frame = { readonly type: number; readonly payload: Buffer };

const headBytes = 5;

/** A frame as it is sent: its type, its length in four bytes, its payload. */
export function encodeFrame(type: number, payload: Uint8Array | string = ""): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(type);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/**
 * Cuts what arrives into frames; gives those that are whole with each chunk.
 * @param payloadBytesMax A longer frame throws a RangeError before its payload is awaited.
 */
export function frameReader(payloadBytesMax: number): (chunk: Uint8Array) => Frame[] {
  let rest: Buffer[] = [];
  let bytes = 0;
  let wanted = headBytes;
  return (chunk) => {
    rest.push(Buffer.from(chunk));
    bytes += chunk.length;
    const frames: Frame[] = [];
    while (bytes >= wanted) {
      const all = rest.length === 1 ? rest[0]! : Buffer.concat(rest);
      const length = all.readUInt32BE(1);
      if (length > payloadBytesMax) throw new RangeError(`a frame of ${length} bytes is too long`);
      wanted = headBytes + length;
      rest = [all];
      if (bytes < wanted) break;
      frames.push({ type: all[0]!, payload: all.subarray(headBytes, wanted) });
      rest = [all.subarray(wanted)];
      bytes -= wanted;
      wanted = headBytes;
    }
    return frames;
  };
}

/** The frames of a stream, as they come; the stream is closed when nobody wants more. */
export async function* framesOf(
  bytes: AsyncIterable<Uint8Array>,
  payloadBytesMax: number,
): AsyncGenerator<Frame> {
  const read = frameReader(payloadBytesMax);
  for await (const chunk of bytes) yield* read(chunk);
}

/**
 * The first line of what arrives. What came with it is dropped, and what follows is not waited for.
 * @throws {RangeError} when the line is longer; an Error when there is none.
 */
export async function firstLine(
  bytes: AsyncIterable<Buffer>,
  lineBytesMax: number,
): Promise<string> {
  const chunks = bytes[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  for (let length = 0; length <= lineBytesMax; length += head.at(-1)?.length ?? 0) {
    const { value: chunk, done } = await chunks.next();
    if (done === true) throw new Error("there is no line");
    const end = chunk.indexOf("\n");
    head.push(end < 0 ? chunk : chunk.subarray(0, end));
    if (end >= 0) return Buffer.concat(head).toString();
  }
  throw new RangeError(`a line of more than ${lineBytesMax} bytes is too long`);
}
