// References of contents; see also the strict reader, which decides what may be stored at all.
const [gc, deleted, json, binary, string, embed, format, type, any, subdocument] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];
const hasOrigin = 0x80;
const hasRightOrigin = 0x40;
const hasParentSub = 0x20;

/** Structs of one client id: clocks from `from` up to, not including, `to`, and their bytes. */
export interface Section {
  readonly client: number;
  readonly count: number;
  readonly from: number;
  readonly to: number;
  readonly piece: Uint8Array;
}

/** What an update (version 1) holds, without decoding more than lengths. */
export interface UpdateParts {
  readonly sections: readonly Section[];
  /** Client, clock, length, client, … */
  readonly deletes: readonly number[];
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

/** Null when it cannot be read so, as one with gaps cannot: whoever applies it sees what is wrong with it. */
export function partsOf(update: Uint8Array): UpdateParts | null {
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
  if (ref === gc) return cursor.varUint();
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
