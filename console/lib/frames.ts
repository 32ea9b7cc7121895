/** One piece of the conversation with a command. */
export type Frame = { readonly type: number; readonly payload: Uint8Array };

/** What the frames are: input, its size and end towards the command; the rest from it. */
export const frameTypes = {
  input: 0,
  output: 1,
  errorOutput: 2,
  resize: 3,
  result: 8,
  failure: 9,
} as const;

const headBytes = 5;
const payloadBytesMax = 1024 * 1024;

/** A frame as it is sent: its type, its length in four bytes, its payload. */
export function encodeFrame(type: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(headBytes + payload.length);
  frame[0] = type;
  new DataView(frame.buffer).setUint32(1, payload.length);
  frame.set(payload, headBytes);
  return frame;
}

/** Cuts what arrives into frames, however it was cut on its way. */
export function createFrameReader(): (chunk: Uint8Array) => Frame[] {
  let rest: Uint8Array = new Uint8Array();
  return (chunk) => {
    const all = new Uint8Array(rest.length + chunk.length);
    all.set(rest);
    all.set(chunk, rest.length);
    const frames: Frame[] = [];
    let at = 0;
    for (let end = endOf(all, at); end !== null; end = endOf(all, at)) {
      frames.push({ type: all[at] ?? 0, payload: all.subarray(at + headBytes, end) });
      at = end;
    }
    rest = all.slice(at);
    return frames;
  };
}

/** Where the frame at a place ends; null while it is not whole. */
function endOf(all: Uint8Array, at: number): number | null {
  if (all.length - at < headBytes) return null;
  const length = new DataView(all.buffer, all.byteOffset + at).getUint32(1);
  if (length > payloadBytesMax) throw new RangeError(`a frame of ${length} bytes is too long`);
  const end = at + headBytes + length;
  return end <= all.length ? end : null;
}
