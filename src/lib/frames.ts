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
 * Cuts what arrives into frames; gives those that are whole with each chunk. A payload that came in
 * one chunk is part of it, and not copied.
 * @param payloadBytesMax A longer frame throws a RangeError before its payload is awaited.
 */
export function frameReader(payloadBytesMax: number): (chunk: Uint8Array) => Frame[] {
  const waiting = new Waiting();
  let head: { readonly type: number; readonly length: number } | null = null;
  return (chunk) => {
    waiting.add(chunk);
    const frames: Frame[] = [];
    while (waiting.bytes >= (head?.length ?? headBytes)) {
      if (head === null) {
        const bytes = waiting.take(headBytes);
        head = { type: bytes.readUInt8(), length: bytes.readUInt32BE(1) };
        const { length } = head;
        if (length > payloadBytesMax)
          throw new RangeError(`a frame of ${length} bytes is too long`);
      } else {
        frames.push({ type: head.type, payload: waiting.take(head.length) });
        head = null;
      }
    }
    return frames;
  };
}

/** Somebody may send byte by byte, and each chunk takes more memory than that. */
const chunksMax = 1024;

/** Bytes that came in chunks, and are taken in other pieces. */
class Waiting {
  bytes = 0;
  #chunks: Buffer[] = [];

  add({ buffer, byteOffset, byteLength }: Uint8Array): void {
    this.#chunks.push(Buffer.from(buffer, byteOffset, byteLength));
    this.bytes += byteLength;
    if (this.#chunks.length > chunksMax) this.#chunks = [Buffer.concat(this.#chunks)];
  }

  /** @param length No more than are there. */
  take(length: number): Buffer {
    this.bytes -= length;
    let [count, excess] = [0, -length];
    for (; excess < 0; count += 1) excess += this.#chunks[count]!.length;
    const pieces = this.#chunks.splice(0, count);
    if (excess > 0) {
      const last = pieces.pop()!;
      const end = last.length - excess;
      pieces.push(last.subarray(0, end));
      this.#chunks.unshift(last.subarray(end));
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length);
  }
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
