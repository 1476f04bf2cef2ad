/**
 * Joins Yjs updates (version 1) by their bytes. In that version a struct's bytes do not depend on where they stand, so
 * where each client id's structs go on at the clock at which the update before ended, the joined update is their bytes
 * one after the other. No document is needed, and nothing is decoded but lengths.
 */

import { partsOf, type UpdateParts } from './update-parts.ts';

/** Larger ones would keep the first of a group waiting for the last; an update that is larger travels alone. */
const largestJoined = 1024 * 1024;

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

function goesOn({ runs }: Joined, { sections }: UpdateParts): boolean {
  for (const { client, from } of sections) {
    const run = runs.get(client);
    if (run && run.to !== from) return false;
  }
  return true;
}

function append(joined: Joined, { sections, deletes }: UpdateParts, bytes: number): void {
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
