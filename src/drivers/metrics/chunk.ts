import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Point } from "#domain/metrics.ts";

/**
 * Points by their place in a span, packed field by field: neighbours in time resemble each other,
 * and what is zero throughout costs next to nothing.
 */
export function encodeChunk(points: ReadonlyMap<number, Point>, fields: number): Buffer {
  const places = [...points.keys()].toSorted((a, b) => a - b);
  const rows = places.map((place) => points.get(place) ?? []);
  const writer = new NumberWriter();
  writer.add(places.length);
  for (const place of places) writer.add(place);
  for (let field = 0; field < fields; field += 1) {
    for (const row of rows) writer.add(row[field] ?? 0);
  }
  return deflateRawSync(writer.bytes(), { level: 1 });
}

export function decodeChunk(bytes: Uint8Array, fields: number): Map<number, Point> {
  const reader = new NumberReader(inflateRawSync(bytes));
  const count = reader.next();
  const places = Array.from({ length: count }, () => reader.next());
  const rows = places.map((): number[] => []);
  for (let field = 0; field < fields; field += 1) {
    for (const row of rows) row.push(reader.next());
  }
  return new Map(places.map((place, index) => [place, rows[index] ?? []]));
}

/** Points of several series at one moment, each with its series' id and its length before it. */
export function encodeTick(entries: readonly (readonly [number, Point])[]): Buffer {
  const writer = new NumberWriter();
  for (const [id, point] of entries) {
    writer.add(id);
    writer.add(point.length);
    for (const number of point) writer.add(number);
  }
  return Buffer.from(writer.bytes());
}

export function* decodeTick(bytes: Uint8Array): Generator<[number, Point]> {
  const reader = new NumberReader(bytes);
  while (!reader.isAtEnd()) {
    const id = reader.next();
    const length = reader.next();
    yield [id, Array.from({ length }, () => reader.next())];
  }
}

/** No number takes more bytes: 2^53 has 53 bits, of which each byte holds seven. */
const numberBytesMax = 8;

/** Whole numbers up to 2^53, seven bits a byte, the highest bit of a byte says that more follow. */
class NumberWriter {
  #bytes = Buffer.allocUnsafe(16_384);
  #length = 0;

  add(number: number): void {
    if (this.#length + numberBytesMax > this.#bytes.length) this.#grow();
    let rest = Math.max(0, Math.trunc(number));
    while (rest >= 0x80) {
      this.#bytes[this.#length] = (rest % 0x80) | 0x80;
      this.#length += 1;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(): void {
    this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
  }
}

class NumberReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  next(): number {
    let number = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#bytes[this.#offset] ?? 0;
      this.#offset += 1;
      number += (byte & 0x7f) * factor;
      if (byte < 0x80) return number;
    }
  }
}
