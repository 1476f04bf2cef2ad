import * as decoding from 'lib0/decoding';

/**
 * A strict reader of Yjs updates, version 1: what a struct claims, without building it. Throws `Unreadable` for bytes
 * that Yjs would not write and for content we never accept; `lib0` throws for bytes that end too early.
 */
export class Unreadable extends Error {
  readonly forbidden: boolean;

  constructor(message: string, forbidden = false) {
    super(message);
    this.forbidden = forbidden;
  }
}

export interface Point {
  readonly client: number;
  readonly clock: number;
}

export interface ReadStruct {
  readonly clock: number;
  readonly length: number;
  readonly content: number;
  readonly origin: Point | null;
  readonly rightOrigin: Point | null;
  /** A root's name, the item that holds the type, or null when it follows from an origin. */
  readonly parent: string | Point | null;
}

export interface ReadRun {
  readonly client: number;
  readonly from: number;
  readonly to: number;
  readonly structs: readonly ReadStruct[];
}

export interface ReadRange {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

export interface ReadUpdate {
  readonly runs: readonly ReadRun[];
  readonly deletes: readonly ReadRange[];
}

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

const hasOrigin = 0x80;
const hasRightOrigin = 0x40;
const hasParentSub = 0x20;
const contentBits = 0x1f;

/** Longest run of deleted positions in one struct: clocks are cheap to burn and never come back. */
const longestGap = 1 << 24;
const deepestValue = 64;
const longestName = 1024;

type Decoder = decoding.Decoder;
const { readVarUint, readVarString, readUint8 } = decoding;

export function readUpdate(bytes: Uint8Array): ReadUpdate {
  const decoder = decoding.createDecoder(bytes);
  const runs: ReadRun[] = [];
  const seen = new Set<number>();
  for (let left = readVarUint(decoder); left > 0; left--) {
    const run = readRun(decoder);
    if (seen.has(run.client)) throw new Unreadable('a client id appears twice');
    seen.add(run.client);
    runs.push(run);
  }
  const deletes: ReadRange[] = [];
  for (let left = readVarUint(decoder); left > 0; left--) {
    const client = readVarUint(decoder);
    for (let ranges = readVarUint(decoder); ranges > 0; ranges--) {
      const range = { client, clock: readVarUint(decoder), length: readVarUint(decoder) };
      if (range.length === 0) throw new Unreadable('an empty deletion');
      deletes.push(range);
    }
  }
  if (decoding.hasContent(decoder)) throw new Unreadable('bytes after the update');
  return { runs, deletes };
}

function readRun(decoder: Decoder): ReadRun {
  const count = readVarUint(decoder);
  const client = readVarUint(decoder);
  const from = readVarUint(decoder);
  if (count === 0) throw new Unreadable('a client id without structs');
  const structs: ReadStruct[] = [];
  let clock = from;
  for (let i = 0; i < count; i++) {
    const struct = readStruct(decoder, clock);
    structs.push(struct);
    clock += struct.length;
  }
  if (!Number.isSafeInteger(clock)) throw new Unreadable('a clock beyond all bounds');
  return { client, from, to: clock, structs };
}

function readStruct(decoder: Decoder, clock: number): ReadStruct {
  const info = readUint8(decoder);
  const ref = info & contentBits;
  if (ref === content.gc) {
    if (info !== 0) throw new Unreadable('a collected struct with flags');
    const length = readGap(decoder);
    return { clock, length, content: ref, origin: null, rightOrigin: null, parent: null };
  }
  const origin = info & hasOrigin ? readPoint(decoder) : null;
  const rightOrigin = info & hasRightOrigin ? readPoint(decoder) : null;
  let parent: string | Point | null = null;
  if (!origin && !rightOrigin) {
    const kind = readVarUint(decoder);
    if (kind > 1) throw new Unreadable('an unknown kind of parent');
    parent = kind === 1 ? readName(decoder) : readPoint(decoder);
    if (info & hasParentSub) readName(decoder);
  }
  return { clock, length: readContent(decoder, ref), content: ref, origin, rightOrigin, parent };
}

const readPoint = (decoder: Decoder): Point => ({
  client: readVarUint(decoder),
  clock: readVarUint(decoder),
});

function readGap(decoder: Decoder): number {
  const length = readVarUint(decoder);
  if (length === 0 || length > longestGap) throw new Unreadable('a gap of impossible length');
  return length;
}

/** A name that becomes a key somewhere: of a root, a map, an attribute, a mark. */
function readName(decoder: Decoder): string {
  const name = readVarString(decoder);
  if (name === '__proto__' || name.length > longestName) throw new Unreadable('a forbidden name', true);
  return name;
}

/** Checks the content and returns how many clocks it takes. */
function readContent(decoder: Decoder, ref: number): number {
  switch (ref) {
    case content.deleted:
      return readGap(decoder);
    case content.string: {
      const { length } = readVarString(decoder);
      if (length === 0) throw new Unreadable('an empty string');
      return length;
    }
    case content.binary:
      decoding.readVarUint8Array(decoder);
      return 1;
    case content.embed:
      checkJson(readVarString(decoder));
      return 1;
    case content.format:
      readName(decoder);
      checkJson(readVarString(decoder));
      return 1;
    case content.type:
      readType(decoder);
      return 1;
    case content.any:
      return readMany(decoder, () => checkValue(decoding.readAny(decoder), 0));
    case content.json:
      return readMany(decoder, () => {
        const text = readVarString(decoder);
        if (text !== 'undefined') checkJson(text);
      });
    case 9:
      throw new Unreadable('a document inside the document', true);
    case 10:
      throw new Unreadable('a gap in the structs');
    default:
      throw new Unreadable('unknown content');
  }
}

function readMany(decoder: Decoder, readOne: () => void): number {
  const count = readVarUint(decoder);
  if (count === 0) throw new Unreadable('content of no length');
  for (let i = 0; i < count; i++) readOne();
  return count;
}

/** Array, map, text, element, fragment, hook, text of an element. */
function readType(decoder: Decoder): void {
  const type = readVarUint(decoder);
  if (type > 6) throw new Unreadable('an unknown type');
  if (type === 3 || type === 5) readName(decoder);
}

const checkJson = (text: string): void => checkValue(JSON.parse(text), 0);

function checkValue(value: unknown, depth: number): void {
  if (typeof value === 'bigint') throw new Unreadable('a number that JSON does not have', true);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (depth >= deepestValue) throw new Unreadable('a value nested too deeply', true);
  if (Array.isArray(value)) {
    for (const item of value) checkValue(item, depth + 1);
    return;
  }
  // `readAny` assigns keys, so this key would have become the prototype.
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.hasOwn(value, '__proto__'))
    throw new Unreadable('a forbidden name', true);
  for (const item of Object.values(value)) checkValue(item, depth + 1);
}
