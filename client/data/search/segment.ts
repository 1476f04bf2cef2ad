/*
 * A segment is a part of the index that is never changed: some units (messages, texts), newest first, each known by its
 * number in that order, and for every token the ascending numbers of the units that have it. Both are cut in blocks, so
 * that a question reads little of it. All numbers are written in sevens of bits, as differences where they ascend.
 */

/** What is found. `room` is the number the index gave to the room; `at` milliseconds since 1970. */
export interface Unit {
  readonly at: number;
  readonly room: number;
  readonly seq: number;
}

/** What is known of a segment without reading its blocks. */
export interface SegmentInfo {
  readonly id: number;
  readonly units: number;
  /** Of every block of units the time of its first. */
  readonly times: readonly number[];
  /** Of every block of postings its first token. */
  readonly tokens: readonly string[];
  readonly bytes: number;
}

/** Units of one block, as columns. */
export interface Units {
  readonly at: Float64Array;
  readonly room: Uint32Array;
  readonly seq: Uint32Array;
}

export const unitsInBlock = 4_096;
/** A block of postings is closed when it has so many bytes. */
const blockBytes = 16_384;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes that grow. */
class Writer {
  bytes = new Uint8Array(blockBytes * 2);
  length = 0;

  number(value: number): void {
    this.#room(10);
    while (value >= 0x80) {
      // Times have more than 32 bits.
      this.bytes[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.bytes[this.length++] = value;
  }

  /** At most 127 bytes. */
  text(value: string): void {
    this.#room(value.length * 3 + 10);
    const { written } = encoder.encodeInto(value, this.bytes.subarray(this.length + 1));
    this.bytes[this.length] = written;
    this.length += 1 + written;
  }

  /** Ascending numbers, behind their count and the number of their bytes; a single one only behind the count. */
  ascending(values: Uint32Array): void {
    this.number(values.length);
    if (values.length === 1) return this.number(values[0]!);
    const start = this.length;
    this.#room(values.length * 5 + 10);
    const { bytes } = this;
    // The number of bytes is known behind them.
    let at = start + 10;
    let before = 0;
    for (const value of values) {
      let step = value - before;
      before = value;
      while (step >= 0x80) {
        bytes[at++] = (step & 0x7f) | 0x80;
        step >>>= 7;
      }
      bytes[at++] = step;
    }
    const size = at - start - 10;
    this.number(size);
    bytes.copyWithin(this.length, start + 10, at);
    this.length += size;
  }

  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  #room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

class Reader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** Bytes of the number that comes next. */
  sizeOfNext(): number {
    let size = 1;
    while (this.bytes[this.at + size - 1]! >= 0x80) size += 1;
    return size;
  }

  text(): string {
    const size = this.bytes[this.at]!;
    const text = decoder.decode(this.bytes.subarray(this.at + 1, this.at + 1 + size));
    this.at += 1 + size;
    return text;
  }
}

/** One token of a block and where its numbers stand. */
export interface Posting {
  readonly token: string;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Adds the numbers to `numbers` from `at` on. */
export function readNumbers({ bytes, count }: Posting, numbers: Uint32Array, at: number): void {
  let from = 0;
  let value = 0;
  for (let i = 0; i < count; i++) {
    let byte = bytes[from++]!;
    let step = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[from++]!;
      step |= (byte & 0x7f) << shift;
    }
    value += step >>> 0;
    numbers[at + i] = value;
  }
}

export const numbersOf = (posting: Posting): Uint32Array => {
  const numbers = new Uint32Array(posting.count);
  readNumbers(posting, numbers, 0);
  return numbers;
};

export function* postingsIn(block: Uint8Array): Generator<Posting> {
  const reader = new Reader(block);
  let token = '';
  while (reader.at < block.length) {
    const shared = reader.number();
    token = token.slice(0, shared) + reader.text();
    const count = reader.number();
    const size = count === 1 ? reader.sizeOfNext() : reader.number();
    const from = reader.at;
    reader.at += size;
    yield { token, count, bytes: block.subarray(from, reader.at) };
  }
}

export function unitsIn(block: Uint8Array): Units {
  const reader = new Reader(block);
  const count = reader.number();
  const [at, room, seq] = [new Float64Array(count), new Uint32Array(count), new Uint32Array(count)];
  let time = reader.number();
  for (let i = 0; i < count; i++) {
    time -= reader.number();
    at[i] = time;
    room[i] = reader.number();
    seq[i] = reader.number();
  }
  return { at, room, seq };
}

/** Where a segment's blocks go while it is written. */
export interface BlockSink {
  units(at: number, block: Uint8Array): void;
  postings(at: number, block: Uint8Array): void;
}

/** Writes one segment: first all units, newest first, then all tokens in their order. */
export class SegmentWriter {
  readonly #id: number;
  readonly #sink: BlockSink;
  readonly #writer = new Writer();
  readonly #times: number[] = [];
  readonly #tokens: string[] = [];
  /** The token before in the block: what both begin with is not written again. */
  #before = '';
  #units = 0;
  #bytes = 0;

  constructor(id: number, sink: BlockSink) {
    this.#id = id;
    this.#sink = sink;
  }

  units(all: Units): void {
    const count = all.at.length;
    for (let from = 0; from < count; from += unitsInBlock) {
      const to = Math.min(from + unitsInBlock, count);
      let time = all.at[from]!;
      this.#times.push(time);
      this.#writer.number(to - from);
      this.#writer.number(time);
      for (let i = from; i < to; i++) {
        this.#writer.number(time - all.at[i]!);
        time = all.at[i]!;
        this.#writer.number(all.room[i]!);
        this.#writer.number(all.seq[i]!);
      }
      const block = this.#writer.take();
      this.#bytes += block.length;
      this.#sink.units(this.#times.length - 1, block);
    }
    this.#units = count;
  }

  token(token: string, numbers: Uint32Array): void {
    if (this.#writer.length === 0) {
      this.#tokens.push(token);
      this.#before = '';
    }
    const shared = sharedBy(this.#before, token);
    this.#before = token;
    this.#writer.number(shared);
    this.#writer.text(token.slice(shared));
    this.#writer.ascending(numbers);
    if (this.#writer.length >= blockBytes) this.#close();
  }

  finish(): SegmentInfo {
    if (this.#writer.length > 0) this.#close();
    return {
      id: this.#id,
      units: this.#units,
      times: this.#times,
      tokens: this.#tokens,
      bytes: this.#bytes,
    };
  }

  #close(): void {
    const block = this.#writer.take();
    this.#bytes += block.length;
    this.#sink.postings(this.#tokens.length - 1, block);
  }
}

/** How much of their beginning is the same, in units and in whole characters. */
function sharedBy(a: string, b: string): number {
  let shared = 0;
  while (shared < a.length && shared < b.length && a.charCodeAt(shared) === b.charCodeAt(shared)) shared += 1;
  const last = shared > 0 ? a.charCodeAt(shared - 1) : 0;
  return last >= 0xd800 && last < 0xdc00 ? shared - 1 : shared;
}

/** Which blocks may have tokens from `token` on up to those before `end`; [first, last], or null when none can. */
export function blocksOf(
  { tokens }: SegmentInfo,
  token: string,
  end: string,
): readonly [number, number] | null {
  if (tokens.length === 0 || end <= tokens[0]!) return null;
  return [Math.max(0, lastNotAfter(tokens, token)), lastBefore(tokens, end)];
}

function lastNotAfter(sorted: readonly string[], wanted: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function lastBefore(sorted: readonly string[], wanted: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
