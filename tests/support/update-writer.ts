import * as encoding from 'lib0/encoding';

/** A client id and a clock. */
export type Point = readonly [client: number, clock: number];

/** What a struct holds, as bytes behind its kind of content. */
export interface Content {
  readonly ref: number;
  write(encoder: encoding.Encoder): void;
}

export interface Struct {
  readonly origin?: Point;
  readonly right?: Point;
  /** A root's name or the id of a type; written where there is neither `origin` nor `right`. */
  readonly parent?: string | Point;
  readonly sub?: string;
  readonly content: Content;
}

export interface Run {
  readonly client: number;
  readonly clock: number;
  readonly structs: readonly Struct[];
}

const { writeVarUint, writeVarString, writeUint8, writeAny } = encoding;

export const characters = (text: string): Content => ({
  ref: 4,
  write: (encoder) => writeVarString(encoder, text),
});
export const collected = (length: number): Content => ({
  ref: 0,
  write: (encoder) => writeVarUint(encoder, length),
});
export const deletedContent = (length: number): Content => ({
  ref: 1,
  write: (encoder) => writeVarUint(encoder, length),
});
export const values = (...all: readonly unknown[]): Content => ({
  ref: 8,
  write(encoder) {
    writeVarUint(encoder, all.length);
    for (const each of all) writeAny(encoder, each as never);
  },
});
/** A list of one value that is given in bytes. */
export const rawValue = (...bytes: readonly number[]): Content => ({
  ref: 8,
  write(encoder) {
    writeVarUint(encoder, 1);
    encoding.writeUint8Array(encoder, Uint8Array.from(bytes));
  },
});
export const mark = (key: string, json: string): Content => ({
  ref: 6,
  write(encoder) {
    writeVarString(encoder, key);
    writeVarString(encoder, json);
  },
});
export const embed = (json: string): Content => ({
  ref: 5,
  write: (encoder) => writeVarString(encoder, json),
});
/** 0 array, 1 map, 2 text, 3 element, 4 fragment, 5 hook, 6 text of an element. */
export const typeOf = (type: number, name?: string): Content => ({
  ref: 7,
  write(encoder) {
    writeVarUint(encoder, type);
    if (name !== undefined) writeVarString(encoder, name);
  },
});
/** Content of a kind that has no place in an update, or that Yjs does not know. */
export const odd = (ref: number, ...numbers: readonly number[]): Content => ({
  ref,
  write(encoder) {
    for (const each of numbers) writeVarUint(encoder, each);
  },
});

/** A Yjs update (version 1) written by hand, so that it may say what Yjs never would. */
export function writeUpdate(
  runs: readonly Run[],
  deletes: readonly (readonly [
    client: number,
    ...ranges: (readonly [clock: number, length: number])[],
  ])[] = [],
): Uint8Array {
  const encoder = encoding.createEncoder();
  writeVarUint(encoder, runs.length);
  for (const { client, clock, structs } of runs) {
    writeVarUint(encoder, structs.length);
    writeVarUint(encoder, client);
    writeVarUint(encoder, clock);
    for (const each of structs) writeStruct(encoder, each);
  }
  writeVarUint(encoder, deletes.length);
  for (const [client, ...ranges] of deletes) {
    writeVarUint(encoder, client);
    writeVarUint(encoder, ranges.length);
    for (const [clock, length] of ranges) {
      writeVarUint(encoder, clock);
      writeVarUint(encoder, length);
    }
  }
  return encoding.toUint8Array(encoder);
}

function writeStruct(encoder: encoding.Encoder, { origin, right, parent, sub, content }: Struct): void {
  if (content.ref === 0 || content.ref === 10) {
    writeUint8(encoder, content.ref);
    content.write(encoder);
    return;
  }
  writeUint8(
    encoder,
    content.ref | (origin ? 0x80 : 0) | (right ? 0x40 : 0) | (sub === undefined ? 0 : 0x20),
  );
  if (origin) for (const each of origin) writeVarUint(encoder, each);
  if (right) for (const each of right) writeVarUint(encoder, each);
  if (!origin && !right) {
    if (typeof parent === 'object') {
      writeVarUint(encoder, 0);
      for (const each of parent) writeVarUint(encoder, each);
    } else {
      writeVarUint(encoder, 1);
      writeVarString(encoder, parent ?? 't');
    }
    if (sub !== undefined) writeVarString(encoder, sub);
  }
  content.write(encoder);
}
