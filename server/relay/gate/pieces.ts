import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import {
  clockAfter,
  content,
  contentBits,
  hasOrigin,
  hasRightOrigin,
  stopOf,
  StructReader,
  type ReadRun,
  type ReadUpdate,
} from './read-update.ts';
import { skipAny } from './read-values.ts';
import type { Numbered } from './walks.ts';

/** Structs of one run that follow each other, the first perhaps without its beginning. */
interface Stretch {
  readonly run: ReadRun;
  readonly first: number;
  end: number;
}

/** Numbers of structs in the order in which to apply them, and those that count only as clocks used up. */
export interface Applied {
  readonly order: readonly number[];
  readonly gone: ReadonlySet<number>;
  /** Those that are many values, and may be cut between them. */
  readonly lists: ReadonlySet<number>;
  /** Those that are applied alone, because it may take long to find their place. */
  readonly far: ReadonlySet<number>;
}

/** An update to be applied, and the struct that is far to place, if it is one of those. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly far: Numbered | null;
}

/** Values of a list that are applied at once. */
export const valuesAtOnce = 2_048;

/** How much one piece may hold. Looked at before each piece. */
export interface PieceSize {
  readonly structs: number;
  readonly ranges: number;
  readonly bytes: number;
}

/**
 * Cuts an update into updates that can be applied one after the other: its structs in an order in which each comes after
 * what it refers to, then its deletions. What the document has is left out.
 */
export function* piecesOf(
  update: ReadUpdate,
  { order, gone, lists, far }: Applied,
  known: (client: number) => number,
  size: PieceSize,
): Generator<Piece, void, void> {
  const runs = [...update.runs].sort((a, b) => a.first - b.first);
  const alone = (i: number): boolean => lists.has(i) || far.has(i);
  for (let at = 0; at < order.length;) {
    const first = order[at]!;
    if (alone(first)) {
      at++;
      yield* alonePieces(update, { gone, lists, far }, runOf(runs, first), first, known);
      continue;
    }
    const stretches = new Map<ReadRun, Stretch>();
    let bytes = 0;
    const last = Math.min(order.length, at + size.structs);
    while (at < last && bytes < size.bytes && !alone(order[at]!)) {
      const i = order[at++]!;
      const run = runOf(runs, i);
      bytes += stopOf(update, run, i) - update.starts[i]!;
      const stretch = stretches.get(run);
      if (stretch) stretch.end = i + 1;
      else stretches.set(run, { run, first: i, end: i + 1 });
    }
    yield { bytes: structsPiece(update, gone, [...stretches.values()], known), far: null };
  }
  for (let at = 0; at < update.deletes.length; at += size.ranges * 3)
    yield { bytes: deletesPiece(update.deletes.slice(at, at + size.ranges * 3)), far: null };
}

/** One struct: a list of values is several pieces, of which the first has to find its place. */
function* alonePieces(
  update: ReadUpdate,
  { gone, lists, far }: Omit<Applied, 'order'>,
  run: ReadRun,
  i: number,
  known: (client: number) => number,
): Generator<Piece, void, void> {
  const all = lists.has(i)
    ? listPieces(update, run, i, known)
    : [structsPiece(update, gone, [{ run, first: i, end: i + 1 }], known)];
  let first = far.has(i) ? { client: run.client, i } : null;
  for (const bytes of all) {
    yield { bytes, far: first };
    first = null;
  }
}

function runOf(runs: readonly ReadRun[], i: number): ReadRun {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (runs[middle]!.first <= i) low = middle;
    else high = middle - 1;
  }
  return runs[low]!;
}

function structsPiece(
  update: ReadUpdate,
  gone: ReadonlySet<number>,
  stretches: readonly Stretch[],
  known: (client: number) => number,
): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, stretches.length);
  for (const { run, first, end } of stretches) {
    const clock = update.clocks[first]!;
    const state = known(run.client);
    encoding.writeVarUint(encoder, end - first);
    encoding.writeVarUint(encoder, run.client);
    encoding.writeVarUint(encoder, Math.max(clock, state));
    // From here on bytes are taken over as they are.
    let from = update.starts[first]!;
    const takeOver = (to: number): void => encoding.writeUint8Array(encoder, update.bytes.subarray(from, to));
    if (clock < state) {
      if (gone.has(first)) writeCollected(encoder, clockAfter(update, run, first) - state);
      else writeRest(encoder, update, run, first, state - clock);
      from = stopOf(update, run, first);
    }
    if (gone.size > 0)
      for (let i = clock < state ? first + 1 : first; i < end; i++) {
        if (!gone.has(i)) continue;
        takeOver(update.starts[i]!);
        writeCollected(encoder, clockAfter(update, run, i) - update.clocks[i]!);
        from = stopOf(update, run, i);
      }
    takeOver(stopOf(update, run, end - 1));
  }
  encoding.writeVarUint(encoder, 0);
  return encoding.toUint8Array(encoder);
}

function writeCollected(encoder: encoding.Encoder, length: number): void {
  encoding.writeUint8(encoder, content.gc);
  encoding.writeVarUint(encoder, length);
}

/** A struct without its first positions, as Yjs writes one whose beginning the other side has. */
function writeRest(
  encoder: encoding.Encoder,
  update: ReadUpdate,
  run: ReadRun,
  i: number,
  offset: number,
): void {
  const reader = new StructReader(update.bytes);
  reader.read(update.starts[i]!);
  const { ref, decoder } = reader;
  const clock = update.clocks[i]!;
  const length = clockAfter(update, run, i) - clock - offset;
  if (ref === content.gc) return writeCollected(encoder, length);
  writeHeadOfRest(encoder, reader, run.client, clock + offset);
  switch (ref) {
    case content.deleted:
      encoding.writeVarUint(encoder, length);
      return;
    case content.string:
      encoding.writeVarString(encoder, cutText(decoding.readVarString(decoder), offset));
      return;
    // Lists of values: every other content has the length one and cannot be cut.
    default:
      decoding.readVarUint(decoder);
      for (let left = offset; left > 0; left--)
        if (ref === content.any) skipAny(decoder, { left: Infinity });
        else decoding.readVarString(decoder);
      encoding.writeVarUint(encoder, length);
      encoding.writeUint8Array(encoder, update.bytes.subarray(decoder.pos, stopOf(update, run, i)));
  }
}

/** A list of values, a few at a time: each piece goes on behind the one before, as Yjs cuts a list that it has. */
function* listPieces(
  update: ReadUpdate,
  run: ReadRun,
  i: number,
  known: (client: number) => number,
): Generator<Uint8Array, void, void> {
  const reader = new StructReader(update.bytes);
  reader.read(update.starts[i]!);
  const { decoder } = reader;
  const head = update.bytes.subarray(update.starts[i]!, decoder.pos);
  decoding.readVarUint(decoder);
  const clock = update.clocks[i]!;
  const length = clockAfter(update, run, i) - clock;
  let done = Math.max(0, known(run.client) - clock);
  for (let left = done; left > 0; left--) skipAny(decoder, { left: Infinity });
  while (done < length) {
    const { pos } = decoder;
    const count = Math.min(valuesAtOnce, length - done);
    for (let left = count; left > 0; left--) skipAny(decoder, { left: Infinity });
    const encoder = encoding.createEncoder();
    for (const number of [1, 1, run.client, clock + done]) encoding.writeVarUint(encoder, number);
    if (done === 0) encoding.writeUint8Array(encoder, head);
    else writeHeadOfRest(encoder, reader, run.client, clock + done);
    encoding.writeVarUint(encoder, count);
    encoding.writeUint8Array(encoder, update.bytes.subarray(pos, decoder.pos));
    encoding.writeVarUint(encoder, 0);
    yield encoding.toUint8Array(encoder);
    done += count;
  }
}

/** What stands before the content of a struct that goes on at this clock. */
function writeHeadOfRest(
  encoder: encoding.Encoder,
  { ref, rightClient, rightClock }: StructReader,
  client: number,
  clock: number,
): void {
  encoding.writeUint8(encoder, (ref & contentBits) | hasOrigin | (rightClient >= 0 ? hasRightOrigin : 0));
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock - 1);
  if (rightClient < 0) return;
  encoding.writeVarUint(encoder, rightClient);
  encoding.writeVarUint(encoder, rightClock);
}

/** Yjs puts a replacement character for each half of a character that it cuts in two. */
function cutText(text: string, offset: number): string {
  const before = text.charCodeAt(offset - 1);
  const rest = text.slice(offset);
  return before >= 0xd800 && before <= 0xdbff ? `\ufffd${rest.slice(1)}` : rest;
}

/** An update of deletions alone: client, clock and length of each. */
function deletesPiece(deletes: readonly number[]): Uint8Array {
  const byClient = new Map<number, number[]>();
  for (let at = 0; at < deletes.length; at += 3) {
    const ranges = byClient.get(deletes[at]!);
    if (ranges) ranges.push(deletes[at + 1]!, deletes[at + 2]!);
    else byClient.set(deletes[at]!, [deletes[at + 1]!, deletes[at + 2]!]);
  }
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  encoding.writeVarUint(encoder, byClient.size);
  for (const [client, ranges] of byClient) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, ranges.length / 2);
    for (const number of ranges) encoding.writeVarUint(encoder, number);
  }
  return encoding.toUint8Array(encoder);
}
