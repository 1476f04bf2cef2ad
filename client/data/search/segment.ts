/*
 * A segment: a part of the index that is never changed: some units (messages, texts), newest first, each known by its
 * number in that order, and for every token the ascending numbers of the units that have it, each with the place where
 * the token stands in the unit. Both are cut in blocks, so that a question reads little of it. All numbers are written in
 * sevens of bits, as differences where they ascend.
 */

/** What is known of a segment without reading its blocks. */
export interface SegmentInfo {
  readonly id: number;
  /** Segments that were written as one have it in common: each goes on in time where another ends. */
  readonly run: number;
  readonly units: number;
  /** Of every block of units the time of its first. Milliseconds since 1970. */
  readonly times: readonly number[];
  /** The time of the last unit. */
  readonly oldest: number;
  /** Of every block of postings its first token. */
  readonly tokens: readonly string[];
  readonly bytes: number;
}

/** Units of one block, as columns. `room` is the number the index gave to the room; `at` milliseconds since 1970. */
export interface Units {
  readonly at: Float64Array;
  readonly room: Uint32Array;
  readonly seq: Uint32Array;
}

/** A question reads a whole block for a single unit. */
export const unitsInBlock = 512;
/** A block of postings is closed when it has so many bytes. */
const blockBytes = 16_384;

/*
 * A place is the turn of a token in its text, counted round so that it fits beside the number: tokens that follow each
 * other are told from those that only are in the same text, nearly always. What stands at several places is there as often.
 */
const placeBits = 4;
export const round = 15;
/** It stands at very many places, or at none: no question is answered by it. */
export const anyPlace = 15;

/** What stands in postings: the number of a unit, and where the token stands in it. */
export const postingOf = (number: number, place: number): number => ((number << placeBits) | place) >>> 0;
export const numberIn = (posting: number): number => posting >>> placeBits;
export const placeIn = (posting: number): number => posting & anyPlace;

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

  text(value: string): void {
    this.number(value.length);
    for (let i = 0; i < value.length; i++) this.number(value.charCodeAt(i));
  }

  /** Ascending numbers less `base`, behind their count and the number of their bytes; a single one only behind the count. */
  ascending(values: Uint32Array, base: number): void {
    this.number(values.length);
    if (values.length === 1) return this.number(values[0]! - base);
    const start = this.length;
    this.#room(values.length * 5 + 10);
    const { bytes } = this;
    // The number of bytes is known behind them.
    let at = start + 10;
    let before = base;
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
    let text = '';
    for (let left = this.number(); left > 0; left--) text += String.fromCharCode(this.number());
    return text;
  }
}

/** One token of a block and where its numbers stand: [from, to). */
export interface Posting {
  readonly token: string;
  readonly count: number;
  readonly block: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Puts what stands for it into `postings` from `at` on. */
export function readPostings({ block, count, from }: Posting, postings: Uint32Array, at: number): void {
  let next = from;
  let value = 0;
  for (let i = 0; i < count; i++) {
    let byte = block[next++]!;
    let step = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = block[next++]!;
      step |= (byte & 0x7f) << shift;
    }
    value += step >>> 0;
    postings[at + i] = value;
  }
}

/** Walks through the tokens of a block. */
export class BlockReader {
  readonly #reader: Reader;
  readonly #block: Uint8Array;
  #token = '';

  constructor(block: Uint8Array) {
    this.#block = block;
    this.#reader = new Reader(block);
  }

  next(): Posting | null {
    const reader = this.#reader;
    if (reader.at >= this.#block.length) return null;
    const shared = reader.number();
    const token = this.#token.slice(0, shared) + reader.text();
    this.#token = token;
    const count = reader.number();
    const size = count === 1 ? reader.sizeOfNext() : reader.number();
    const from = reader.at;
    reader.at += size;
    return { token, count, block: this.#block, from, to: reader.at };
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
  units(segment: number, at: number, block: Uint8Array): void;
  postings(segment: number, at: number, block: Uint8Array): void;
}

/** Writes one segment: first all units, newest first, then all tokens in their order. */
export class SegmentWriter {
  readonly #id: number;
  readonly #run: number;
  readonly #sink: BlockSink;
  readonly #writer = new Writer();
  readonly #times: number[] = [];
  readonly #tokens: string[] = [];
  /** The token before in the block: what both begin with is not written again. */
  #before = '';
  #units = 0;
  #oldest = 0;
  #bytes = 0;

  constructor(id: number, run: number, sink: BlockSink) {
    this.#id = id;
    this.#run = run;
    this.#sink = sink;
  }

  units({ at, room, seq }: Units): void {
    const count = at.length;
    for (let from = 0; from < count; from += unitsInBlock) {
      const to = Math.min(from + unitsInBlock, count);
      let time = at[from]!;
      this.#times.push(time);
      this.#writer.number(to - from);
      this.#writer.number(time);
      for (let i = from; i < to; i++) {
        this.#writer.number(time - at[i]!);
        time = at[i]!;
        this.#writer.number(room[i]!);
        this.#writer.number(seq[i]!);
      }
      const block = this.#writer.take();
      this.#bytes += block.length;
      this.#sink.units(this.#id, this.#times.length - 1, block);
    }
    this.#units = count;
    this.#oldest = count > 0 ? at[count - 1]! : 0;
  }

  /** `postings` ascend, and are of units that are counted from the one that stands behind `base`. */
  token(token: string, postings: Uint32Array, base = 0): void {
    if (this.#writer.length === 0) {
      this.#tokens.push(token);
      this.#before = '';
    }
    const shared = sharedBy(this.#before, token);
    this.#before = token;
    this.#writer.number(shared);
    this.#writer.text(token.slice(shared));
    this.#writer.ascending(postings, base);
    if (this.#writer.length >= blockBytes) this.#close();
  }

  finish(): SegmentInfo {
    if (this.#writer.length > 0) this.#close();
    return {
      id: this.#id,
      run: this.#run,
      units: this.#units,
      times: this.#times,
      oldest: this.#oldest,
      tokens: this.#tokens,
      bytes: this.#bytes,
    };
  }

  #close(): void {
    const block = this.#writer.take();
    this.#bytes += block.length;
    this.#sink.postings(this.#id, this.#tokens.length - 1, block);
  }
}

function sharedBy(a: string, b: string): number {
  let shared = 0;
  while (shared < a.length && shared < b.length && a.charCodeAt(shared) === b.charCodeAt(shared)) shared += 1;
  return shared;
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
