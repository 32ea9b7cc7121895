import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Point } from "#domain/metrics.ts";

/**
 * Points by their place in a span, packed field by field: neighbours in time resemble each other,
 * and what is zero throughout costs next to nothing.
 */
export function encodeChunk(points: ReadonlyMap<number, Point>, fields: number): Buffer {
  const places = [...points.keys()].toSorted((a, b) => a - b);
  const rows = places.map((place) => points.get(place) ?? []);
  const numbers = [places.length, ...places];
  for (let field = 0; field < fields; field += 1) {
    for (const row of rows) numbers.push(row[field] ?? 0);
  }
  return deflateRawSync(encodeNumbers(numbers), { level: 3 });
}

export function decodeChunk(bytes: Uint8Array, fields: number): Map<number, Point> {
  const numbers = decodeNumbers(inflateRawSync(bytes));
  const count = numbers[0] ?? 0;
  const points = new Map<number, Point>();
  for (let index = 0; index < count; index += 1) {
    const point = Array.from({ length: fields }, (_, field) => {
      return numbers[1 + count * (field + 1) + index] ?? 0;
    });
    points.set(numbers[1 + index] ?? 0, point);
  }
  return points;
}

/** Points of several series at one moment, each with its series' id and its length before it. */
export function encodeTick(entries: readonly (readonly [number, Point])[]): Buffer {
  return encodeNumbers(entries.flatMap(([id, point]) => [id, point.length, ...point]));
}

export function* decodeTick(bytes: Uint8Array): Generator<[number, Point]> {
  const numbers = decodeNumbers(bytes);
  for (let index = 0; index < numbers.length;) {
    const [id = 0, length = 0] = numbers.slice(index, index + 2);
    yield [id, numbers.slice(index + 2, index + 2 + length)];
    index += 2 + length;
  }
}

/** Whole numbers up to 2^53, seven bits a byte, the highest bit of a byte says that more follow. */
function encodeNumbers(numbers: readonly number[]): Buffer {
  let bytes = Buffer.allocUnsafe(numbers.length * 2 + 16);
  let length = 0;
  for (const number of numbers) {
    if (length + 8 > bytes.length) bytes = Buffer.concat([bytes], bytes.length * 2);
    let rest = Math.max(0, Math.trunc(number));
    while (rest >= 0x80) {
      bytes[length] = (rest % 0x80) | 0x80;
      length += 1;
      rest = Math.floor(rest / 0x80);
    }
    bytes[length] = rest;
    length += 1;
  }
  return bytes.subarray(0, length);
}

function decodeNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let number = 0;
  let factor = 1;
  for (const byte of bytes) {
    number += (byte & 0x7f) * factor;
    if (byte >= 0x80) {
      factor *= 0x80;
      continue;
    }
    numbers.push(number);
    number = 0;
    factor = 1;
  }
  return numbers;
}
