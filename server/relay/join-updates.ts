/**
 * Joins Yjs updates (version 1) by their bytes. In that version a struct's bytes do not depend on where they stand, so
 * where each client id's structs go on at the clock at which the update before ended, the joined update is their bytes
 * one after the other. No document is needed, and nothing is decoded but lengths.
 */

/** Larger ones would keep the first of a group waiting for the last; an update that is larger travels alone. */
const largestJoined = 1024 * 1024;

// References of contents; see also the strict reader, which decides what may be stored at all.
const [gc, deleted, json, binary, string, embed, format, type, any, subdocument, skip] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
];
const hasOrigin = 0x80;
const hasRightOrigin = 0x40;
const hasParentSub = 0x20;

/** Structs of one client id: the bytes of all of them, in pieces. */
interface Run {
  count: number;
  readonly from: number;
  to: number;
  bytes: number;
  readonly pieces: Uint8Array[];
}

interface Joined {
  readonly runs: Map<number, Run>;
  /** Clock, length, clock, length, … of what is deleted, by client id. */
  readonly deletes: Map<number, number[]>;
  bytes: number;
}

interface Section {
  readonly client: number;
  readonly count: number;
  readonly from: number;
  readonly to: number;
  readonly piece: Uint8Array;
}

interface Parts {
  readonly sections: readonly Section[];
  /** Client, clock, length, client, … */
  readonly deletes: readonly number[];
}

/**
 * As few updates as possible that say the same, to be applied in this order. Bytes that cannot be joined, because a
 * clock is missing between them or for their size, stay on their own.
 */
export function joinUpdates(updates: readonly Uint8Array[]): Uint8Array[] {
  if (updates.length < 2) return [...updates];
  const made: Uint8Array[] = [];
  let open: Joined | null = null;
  /** An update that is alone so far is given back as it came. */
  let alone: Uint8Array | null = null;
  const finish = (): void => {
    if (open) made.push(alone ?? write(open));
    open = null;
  };
  for (const update of updates) {
    const parts = update.length > largestJoined ? null : partsOf(update);
    if (!parts) {
      finish();
      made.push(update);
      continue;
    }
    if (open && (open.bytes + update.length > largestJoined || !goesOn(open, parts))) finish();
    alone = open ? null : update;
    open ??= { runs: new Map(), deletes: new Map(), bytes: 0 };
    append(open, parts, update.length);
  }
  finish();
  return made;
}

function goesOn({ runs }: Joined, { sections }: Parts): boolean {
  for (const { client, from } of sections) {
    const run = runs.get(client);
    if (run && run.to !== from) return false;
  }
  return true;
}

function append(joined: Joined, { sections, deletes }: Parts, bytes: number): void {
  joined.bytes += bytes;
  for (const { client, count, from, to, piece } of sections) {
    const run = joined.runs.get(client);
    if (!run) {
      joined.runs.set(client, { count, from, to, bytes: piece.length, pieces: [piece] });
      continue;
    }
    run.count += count;
    run.to = to;
    run.bytes += piece.length;
    run.pieces.push(piece);
  }
  for (let i = 0; i < deletes.length; i += 3) {
    const ranges = joined.deletes.get(deletes[i]!);
    if (ranges) ranges.push(deletes[i + 1]!, deletes[i + 2]!);
    else joined.deletes.set(deletes[i]!, [deletes[i + 1]!, deletes[i + 2]!]);
  }
}

/** A place in bytes that were checked before they were stored. */
class Cursor {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new RangeError('the bytes end too early');
    return value;
  }

  varUint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }

  skipVar(): void {
    while (this.byte() >= 0x80);
  }

  /** Of a string or of bytes. */
  skipSized(): void {
    const length = this.varUint();
    this.at += length;
  }
}

/** Null when it cannot be read; then nothing is joined, and whoever applies it sees what is wrong with it. */
function partsOf(update: Uint8Array): Parts | null {
  const cursor = new Cursor(update);
  const sections: Section[] = [];
  const deletes: number[] = [];
  try {
    for (let left = cursor.varUint(); left > 0; left--) {
      const count = cursor.varUint();
      const client = cursor.varUint();
      const from = cursor.varUint();
      const start = cursor.at;
      let to = from;
      for (let i = 0; i < count; i++) to += skipStruct(cursor);
      sections.push({ client, count, from, to, piece: update.subarray(start, cursor.at) });
    }
    for (let left = cursor.varUint(); left > 0; left--) {
      const client = cursor.varUint();
      for (let ranges = cursor.varUint(); ranges > 0; ranges--)
        deletes.push(client, cursor.varUint(), cursor.varUint());
    }
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  return cursor.at === update.length ? { sections, deletes } : null;
}

/** Steps over one struct and says how many clocks it takes. */
function skipStruct(cursor: Cursor): number {
  const info = cursor.byte();
  const ref = info & 0x1f;
  if (ref === gc || ref === skip) return cursor.varUint();
  if (info & hasOrigin) skipPoint(cursor);
  if (info & hasRightOrigin) skipPoint(cursor);
  if ((info & (hasOrigin | hasRightOrigin)) === 0) {
    if (cursor.varUint() === 1) cursor.skipSized();
    else skipPoint(cursor);
    if (info & hasParentSub) cursor.skipSized();
  }
  return skipContent(cursor, ref);
}

function skipPoint(cursor: Cursor): void {
  cursor.skipVar();
  cursor.skipVar();
}

function skipContent(cursor: Cursor, ref: number): number {
  switch (ref) {
    case deleted:
      return cursor.varUint();
    case string:
      return skipText(cursor);
    case json: {
      const count = cursor.varUint();
      for (let i = 0; i < count; i++) cursor.skipSized();
      return count;
    }
    case any: {
      const count = cursor.varUint();
      for (let i = 0; i < count; i++) skipAny(cursor);
      return count;
    }
    case binary:
    case embed:
      cursor.skipSized();
      return 1;
    case format:
      cursor.skipSized();
      cursor.skipSized();
      return 1;
    case type: {
      // An element and a hook have a name.
      const of = cursor.varUint();
      if (of === 3 || of === 5) cursor.skipSized();
      return 1;
    }
    case subdocument:
      cursor.skipSized();
      skipAny(cursor);
      return 1;
    default:
      throw new RangeError('unknown content');
  }
}

/** UTF-8 whose clocks are UTF-16 units: one for each first byte of a character, two where it has four bytes. */
function skipText(cursor: Cursor): number {
  const end = cursor.varUint() + cursor.at;
  const { bytes } = cursor;
  let units = 0;
  for (let at = cursor.at; at < end; at++) {
    const byte = bytes[at]!;
    if (byte < 0x80 || byte >= 0xc0) units += byte >= 0xf0 ? 2 : 1;
  }
  cursor.at = end;
  return units;
}

// The first byte of a value of lib0's `any`.
const object = 118;
const sizeOfAny: Readonly<Record<number, number>> = {
  127: 0,
  126: 0,
  124: 4,
  123: 8,
  122: 8,
  121: 0,
  120: 0,
};

function skipAny(cursor: Cursor): void {
  const kind = cursor.byte();
  const size = sizeOfAny[kind];
  if (size !== undefined) cursor.at += size;
  else if (kind === 125) cursor.skipVar();
  else if (kind === 119 || kind === 116) cursor.skipSized();
  else if (kind === object || kind === 117)
    for (let left = cursor.varUint(); left > 0; left--) {
      if (kind === object) cursor.skipSized();
      skipAny(cursor);
    }
  else throw new RangeError('unknown value');
}

const widthOf = (value: number): number => {
  let width = 1;
  for (let left = value; left >= 128; left = Math.floor(left / 128)) width++;
  return width;
};

/** Client ids from the highest down, as Yjs writes them. */
const descending = <T>(map: ReadonlyMap<number, T>): [number, T][] =>
  map.size < 2 ? [...map] : [...map].sort(([a], [b]) => b - a);

function write({ runs, deletes }: Joined): Uint8Array {
  const structs = descending(runs);
  const ranges = descending(deletes).map(([client, all]) => [client, tidy(all)] as const);
  let size = widthOf(structs.length) + widthOf(ranges.length);
  for (const [client, { count, from, bytes }] of structs)
    size += widthOf(count) + widthOf(client) + widthOf(from) + bytes;
  for (const [client, all] of ranges) {
    size += widthOf(client) + widthOf(all.length / 2);
    for (const value of all) size += widthOf(value);
  }
  const made = new Uint8Array(size);
  let at = 0;
  const put = (value: number): void => {
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) made[at++] = 0x80 | (left % 128);
    made[at++] = left;
  };
  put(structs.length);
  for (const [client, { count, from, pieces }] of structs) {
    put(count);
    put(client);
    put(from);
    for (const piece of pieces) {
      made.set(piece, at);
      at += piece.length;
    }
  }
  put(ranges.length);
  for (const [client, all] of ranges) {
    put(client);
    put(all.length / 2);
    for (const value of all) put(value);
  }
  return made;
}

/** Ranges in order, those that touch as one. */
function tidy(ranges: readonly number[]): readonly number[] {
  if (ranges.length === 2) return ranges;
  const sorted: [clock: number, end: number][] = [];
  for (let i = 0; i < ranges.length; i += 2) sorted.push([ranges[i]!, ranges[i]! + ranges[i + 1]!]);
  sorted.sort(([a], [b]) => a - b);
  const made: number[] = [];
  let [from, to] = sorted[0]!;
  for (const [clock, end] of sorted) {
    if (clock > to) {
      made.push(from, to - from);
      from = clock;
    }
    to = Math.max(to, end);
  }
  made.push(from, to - from);
  return made;
}
