import * as decoding from 'lib0/decoding';
import { bounds } from './bounds.ts';
import { Unreadable } from './unreadable.ts';

/** How many more plain values an update may have. */
export interface ValueCount {
  left: number;
}

/** The same, with how many one piece of JSON may have. */
export interface JsonCount extends ValueCount {
  readonly jsonValues: number;
}

type Decoder = decoding.Decoder;
const { readVarUint, readUint8 } = decoding;

function count(counted: ValueCount, more: number): void {
  counted.left -= more;
  if (counted.left < 0) throw tooMany();
}

const tooMany = (): Unreadable => new Unreadable('more values than an update may have', 'too-large');

/** A string. lib0 alone would look past the end of the bytes, into whatever the memory holds there. */
export function readText(decoder: Decoder): string {
  const { pos } = decoder;
  skipBytes(decoder);
  decoder.pos = pos;
  return decoding.readVarString(decoder);
}

/** A name that becomes a key somewhere: of a root, a map, an attribute, a mark. */
export function readName(decoder: Decoder): string {
  const name = readText(decoder);
  if (name === '__proto__' || name.length > bounds.name)
    throw new Unreadable('a forbidden name', 'update-forbidden-content');
  return name;
}

/** Skips bytes of a length that is said first. */
export function skipBytes(decoder: Decoder): void {
  const length = readVarUint(decoder);
  if (length > decoder.arr.length - decoder.pos) throw new Unreadable('bytes that are not there');
  decoder.pos += length;
}

/** Goes over one value of lib0's `any` encoding without building it: what it would build may be a thousand times as large. */
export function skipAny(decoder: Decoder, counted: ValueCount, depth = 0): void {
  count(counted, 1);
  switch (readUint8(decoder)) {
    case 127: // undefined
    case 126: // null
    case 121: // false
    case 120: // true
      return;
    case 125:
      decoding.readVarInt(decoder);
      return;
    case 124:
      return skip(decoder, 4);
    case 123:
      return skip(decoder, 8);
    case 122:
      throw new Unreadable('a number that JSON does not have', 'update-forbidden-content');
    case 119:
      readText(decoder);
      return;
    case 118: {
      deeper(depth);
      for (let left = readVarUint(decoder); left > 0; left--) {
        // Readers assign keys one by one, so this one would become the prototype.
        if (readText(decoder) === '__proto__')
          throw new Unreadable('a forbidden name', 'update-forbidden-content');
        skipAny(decoder, counted, depth + 1);
      }
      return;
    }
    case 117:
      deeper(depth);
      for (let left = readVarUint(decoder); left > 0; left--) skipAny(decoder, counted, depth + 1);
      return;
    case 116:
      return skipBytes(decoder);
    default:
      throw new Unreadable('a value of unknown type');
  }
}

function skip(decoder: Decoder, length: number): void {
  if (length > decoder.arr.length - decoder.pos) throw new Unreadable('bytes that are not there');
  decoder.pos += length;
}

function deeper(depth: number): void {
  if (depth >= bounds.valueDepth)
    throw new Unreadable('a value nested too deeply', 'update-forbidden-content');
}

const comma = 0x2c;
const openBracket = 0x5b;
const openBrace = 0x7b;

/**
 * Goes over a value written as JSON, or over the word that stands in lists where there is none. What could make it large
 * is counted in its bytes, as far as it may go: what has too many parts is never read to its end.
 */
export function skipJson(decoder: Decoder, counted: JsonCount, inList = false): void {
  const { pos } = decoder;
  skipBytes(decoder);
  const end = decoder.pos;
  const most = Math.min(counted.left, counted.jsonValues);
  let marks = 1;
  for (let at = pos; at < end && marks <= most; at++) {
    const code = decoder.arr[at]!;
    if (code === comma || code === openBracket || code === openBrace) marks++;
  }
  if (marks > most) throw tooMany();
  count(counted, marks);
  decoder.pos = pos;
  const text = decoding.readVarString(decoder);
  if (!inList || text !== 'undefined') checkValue(JSON.parse(text), 0);
}

function checkValue(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  deeper(depth);
  if (Array.isArray(value)) {
    for (const item of value) checkValue(item, depth + 1);
    return;
  }
  if (Object.hasOwn(value, '__proto__')) throw new Unreadable('a forbidden name', 'update-forbidden-content');
  for (const item of Object.values(value)) checkValue(item, depth + 1);
}
