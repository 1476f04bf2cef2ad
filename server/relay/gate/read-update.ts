import * as decoding from 'lib0/decoding';
import { bounds } from './bounds.ts';
import { readName, readText, skipAny, skipBytes, skipJson, type JsonCount } from './read-values.ts';
import { Unreadable } from './unreadable.ts';
import type { Sliced, Work } from './work.ts';

/** The kinds of content by their numbers in an update. */
export const content = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
} as const;

/** The structs of one client id: those at `first` … `end - 1` of the update's lists, clocks `from` … `to - 1`. */
export interface ReadRun {
  readonly client: number;
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly end: number;
  /** Where in the bytes its last struct ends. */
  readonly stop: number;
}

/**
 * An update whose bytes are in order. Of each struct only the place of its bytes and its clock are kept: half a million
 * structs are few megabytes, and what one says is read again when it is asked for (`StructReader`).
 */
export interface ReadUpdate {
  readonly bytes: Uint8Array;
  readonly runs: readonly ReadRun[];
  readonly starts: readonly number[];
  readonly clocks: readonly number[];
  /** Deletions, three numbers each: client, clock, length. */
  readonly deletes: readonly number[];
}

export const hasOrigin = 0x80;
export const hasRightOrigin = 0x40;
export const hasParentSub = 0x20;
export const contentBits = 0x1f;

/** How many parts an update may have. */
export interface Caps {
  readonly structs: number;
  readonly ranges: number;
  readonly values: number;
  readonly jsonValues: number;
}

/** For what the relay stored itself. */
export const uncapped: Caps = {
  structs: Infinity,
  ranges: Infinity,
  values: Infinity,
  jsonValues: Infinity,
};

/** Values that come with every struct: less than the struct itself. */
const valuesPerStruct = 4;
/** Bytes that count as one step of work, and the steps that a value costs besides. */
const bytesPerStep = 256;
const stepsPerValue = 0.25;

type Decoder = decoding.Decoder;
const { readVarUint, readUint8 } = decoding;

/** Reads an update (version 1) strictly. Throws `Unreadable` or an error of lib0. */
export function* readUpdate(bytes: Uint8Array, work: Work, caps: Caps = bounds): Sliced<ReadUpdate> {
  const decoder = decoding.createDecoder(bytes);
  const runs: ReadRun[] = [];
  const starts: number[] = [];
  const clocks: number[] = [];
  const counted: JsonCount = { left: caps.values, jsonValues: caps.jsonValues };
  const clients = readCount(decoder, 4, Infinity);
  const seen = clients > 1 ? new Set<number>() : null;
  for (let left = clients; left > 0; left--) {
    const count = readCount(decoder, 2, caps.structs - starts.length);
    const client = readSafe(decoder);
    const from = readSafe(decoder);
    if (count === 0) throw new Unreadable('a client id without structs');
    if (seen?.has(client)) throw new Unreadable('a client id appears twice');
    seen?.add(client);
    const first = starts.length;
    let clock = from;
    for (let i = 0; i < count; i++) {
      const start = decoder.pos;
      starts.push(start);
      clocks.push(clock);
      counted.left += valuesPerStruct;
      const ref = skipHead(decoder);
      const isList = ref === content.any || ref === content.json;
      clock += isList ? yield* skipList(decoder, ref, counted, work) : skipContent(decoder, ref, counted);
      if (work.did(1 + (decoder.pos - start) / bytesPerStep)) yield;
    }
    if (!Number.isSafeInteger(clock)) throw new Unreadable('a clock beyond all bounds');
    runs.push({ client, from, to: clock, first, end: starts.length, stop: decoder.pos });
  }
  const deletes: number[] = [];
  let backwards = 0;
  for (let left = readCount(decoder, 2, Infinity); left > 0; left--) {
    const client = readSafe(decoder);
    for (let ranges = readCount(decoder, 2, caps.ranges - deletes.length / 3); ranges > 0; ranges--) {
      const clock = readSafe(decoder);
      const length = readSafe(decoder);
      if (length === 0) throw new Unreadable('an empty deletion');
      const before = deletes.length - 3;
      if (deletes[before] === client && deletes[before + 1]! > clock && ++backwards > bounds.backwards)
        throw new Unreadable('deletions in no order');
      deletes.push(client, clock, length);
      if (work.did(1)) yield;
    }
  }
  if (decoding.hasContent(decoder)) throw new Unreadable('bytes after the update');
  return { bytes, runs, starts, clocks, deletes };
}

/** A number of things that take so many bytes each at least. Says no before anything is kept. */
function readCount(decoder: Decoder, bytesEach: number, most: number): number {
  const count = readVarUint(decoder);
  if (count > most) throw new Unreadable('more parts than an update may have', 'too-large');
  if (count * bytesEach > decoder.arr.length - decoder.pos) throw new Unreadable('parts that are not there');
  return count;
}

function readSafe(decoder: Decoder): number {
  const value = readVarUint(decoder);
  if (!Number.isSafeInteger(value)) throw new Unreadable('a number beyond all bounds');
  return value;
}

function skipPoint(decoder: Decoder): void {
  readSafe(decoder);
  readSafe(decoder);
}

/** Checks what a struct says before its content, and returns which kind of content it has. */
function skipHead(decoder: Decoder): number {
  const info = readUint8(decoder);
  const ref = info & contentBits;
  if (ref === content.gc) {
    if (info !== 0) throw new Unreadable('a collected struct with flags');
    return ref;
  }
  if (info & hasOrigin) skipPoint(decoder);
  if (info & hasRightOrigin) skipPoint(decoder);
  if (!(info & (hasOrigin | hasRightOrigin))) {
    const kind = readVarUint(decoder);
    if (kind > 1) throw new Unreadable('an unknown kind of parent');
    if (kind === 1) readName(decoder);
    else skipPoint(decoder);
    if (info & hasParentSub) readName(decoder);
  }
  return ref;
}

function readLength(decoder: Decoder): number {
  const length = readSafe(decoder);
  if (length === 0) throw new Unreadable('a struct of no length');
  return length;
}

/** Checks a content other than a list and returns how many clocks it takes. */
function skipContent(decoder: Decoder, ref: number, counted: JsonCount): number {
  switch (ref) {
    case content.gc:
    case content.deleted:
      return readLength(decoder);
    case content.string: {
      const length = skipString(decoder);
      if (length === 0) throw new Unreadable('an empty string');
      return length;
    }
    case content.binary:
      skipBytes(decoder);
      return 1;
    case content.embed:
      skipJson(decoder, counted);
      return 1;
    case content.format:
      readName(decoder);
      skipJson(decoder, counted);
      return 1;
    case content.type: {
      // Array, map, text, element, fragment, hook, text of an element.
      const type = readVarUint(decoder);
      if (type > 6) throw new Unreadable('an unknown type');
      if (type === 3 || type === 5) readName(decoder);
      return 1;
    }
    case 9:
      throw new Unreadable('a document inside the document', 'update-forbidden-content');
    case 10:
      throw new Unreadable('a gap in the structs');
    default:
      throw new Unreadable('unknown content');
  }
}

/** Checks a list of values, which takes a clock for each. */
function* skipList(decoder: Decoder, ref: number, counted: JsonCount, work: Work): Sliced<number> {
  const count = readCount(decoder, 1, counted.left);
  if (count === 0) throw new Unreadable('content of no length');
  for (let i = 0; i < count; i++) {
    const { pos } = decoder;
    if (ref === content.any) skipAny(decoder, counted);
    else skipJson(decoder, counted, true);
    if (work.did(stepsPerValue + (decoder.pos - pos) / bytesPerStep)) yield;
  }
  return count;
}

/** Goes over a string and returns its length as JavaScript counts it. */
function skipString(decoder: Decoder): number {
  const { pos } = decoder;
  const bytes = readVarUint(decoder);
  const end = decoder.pos + bytes;
  if (bytes < 64 && end <= decoder.arr.length) {
    let at = decoder.pos;
    while (at < end && decoder.arr[at]! < 0x80) at++;
    if (at === end) {
      decoder.pos = end;
      return bytes;
    }
  }
  decoder.pos = pos;
  return readText(decoder).length;
}

/** Reads what one struct says, into itself: structs are many. */
export class StructReader {
  readonly decoder: Decoder;
  ref = 0;
  /** Client −1 where there is none. */
  originClient = -1;
  originClock = 0;
  rightClient = -1;
  rightClock = 0;
  /** The root's name, where it is written. */
  root: string | null = null;
  parentClient = -1;
  parentClock = 0;
  /** The key in a map or of an attribute, where it is written; null in a sequence. */
  sub: string | null = null;

  constructor(bytes: Uint8Array) {
    this.decoder = decoding.createDecoder(bytes);
  }

  /** Leaves the decoder at the content. */
  read(start: number): void {
    const { decoder } = this;
    decoder.pos = start;
    const info = readUint8(decoder);
    this.ref = info & contentBits;
    this.originClient = this.rightClient = this.parentClient = -1;
    this.root = this.sub = null;
    if (this.ref === content.gc) return;
    if (info & hasOrigin) {
      this.originClient = readVarUint(decoder);
      this.originClock = readVarUint(decoder);
    }
    if (info & hasRightOrigin) {
      this.rightClient = readVarUint(decoder);
      this.rightClock = readVarUint(decoder);
    }
    if (info & (hasOrigin | hasRightOrigin)) return;
    if (readVarUint(decoder) === 1) this.root = decoding.readVarString(decoder);
    else {
      this.parentClient = readVarUint(decoder);
      this.parentClock = readVarUint(decoder);
    }
    if (info & hasParentSub) this.sub = decoding.readVarString(decoder);
  }
}

/** Of the run's structs the one that covers the clock. Halving: a run may have half a million. */
export function structAt({ clocks }: ReadUpdate, run: ReadRun, clock: number): number {
  let low = run.first;
  let high = run.end - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (clocks[middle]! <= clock) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The clock after a struct. */
export const clockAfter = ({ clocks }: ReadUpdate, run: ReadRun, i: number): number =>
  i + 1 < run.end ? clocks[i + 1]! : run.to;

/** Where the bytes of a struct end. */
export const stopOf = ({ starts }: ReadUpdate, run: ReadRun, i: number): number =>
  i + 1 < run.end ? starts[i + 1]! : run.stop;
