import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { content, type ReadRun, type ReadUpdate, type StructReader, clockAfter } from './read-update.ts';
import { skipAny } from './read-values.ts';
import type { Sliced, Work } from './work.ts';

/** What stands for half of a character of two halves, after Yjs cut between them. */
const replacement = 0xfffd;
const isHalf = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/**
 * Whether a struct that the document has, up to clock `until`, says what the document says there, and in the same place.
 * What was deleted since has lost its content, on either side, but not its place; what was collected has lost that too,
 * and then what it stood in must be deleted on both sides: `doomed` takes what this update has to delete for that.
 * Copies may be cut in different places.
 */
export function isSame(
  doc: Y.Doc,
  update: ReadUpdate,
  run: ReadRun,
  i: number,
  until: number,
  reader: StructReader,
  doomed: Set<Y.Item>,
): boolean {
  reader.read(update.starts[i]!);
  const structs = doc.store.clients.get(run.client) ?? [];
  const from = update.clocks[i]!;
  const end = Math.min(clockAfter(update, run, i), until);
  const said = reader.ref === content.gc || reader.ref === content.deleted ? null : saidBy(reader);
  for (let at = Y.findIndexSS(structs, from); at < structs.length; at++) {
    const item = structs[at]!;
    const { clock } = item.id;
    if (clock >= end) break;
    const start = Math.max(from, clock);
    if (reader.ref === content.gc) {
      if (!(item instanceof Y.Item)) continue;
      const holder = (item.parent as Y.AbstractType<unknown>)._item;
      if (holder === null) return false;
      if (!holder.deleted) doomed.add(holder);
      continue;
    }
    if (!(item instanceof Y.Item)) {
      if (!isPlaceCollected(doc, start, from, run.client, reader)) return false;
      continue;
    }
    const stop = Math.min(end, clock + item.length);
    if (!isSamePlace(item, start, from, run.client, reader)) return false;
    if (said === null || item.deleted || item.content instanceof Y.ContentDeleted) continue;
    if (!said(item.content, start - from, start - clock, stop - start)) return false;
  }
  return true;
}

/** The neighbours, or else the parent, that both copies give for the clock where both are looked at first. */
function isSamePlace(
  item: Y.Item,
  start: number,
  from: number,
  client: number,
  reader: StructReader,
): boolean {
  const mine = start > item.id.clock ? Y.createID(client, start - 1) : item.origin;
  const isFirst = start === from;
  const originClient = isFirst ? reader.originClient : client;
  const originClock = isFirst ? reader.originClock : start - 1;
  if (!isPoint(mine, originClient, originClock)) return false;
  if (!isPoint(item.rightOrigin, reader.rightClient, reader.rightClock)) return false;
  return mine !== null || item.rightOrigin !== null || isSameParent(item, reader);
}

function isSameParent(item: Y.Item, { root, parentClient, parentClock, sub }: StructReader): boolean {
  const parent = item.parent as Y.AbstractType<unknown>;
  if (item.parentSub !== sub) return false;
  if (parent._item) return isPoint(parent._item.id, parentClient, parentClock);
  return root !== null && Y.findRootTypeKey(parent) === root;
}

/** Whether what a struct stands in was collected here, with all that stood there: so would the struct have been. */
function isPlaceCollected(
  { store }: Y.Doc,
  start: number,
  from: number,
  client: number,
  reader: StructReader,
): boolean {
  const at = (by: number, clock: number): Y.Item | Y.GC | null => {
    if (Y.getState(store, by) <= clock) return null;
    const structs = store.clients.get(by)!;
    return structs[Y.findIndexSS(structs, clock)]!;
  };
  if (start > from) return at(client, start - 1) instanceof Y.GC;
  if (reader.originClient >= 0 && at(reader.originClient, reader.originClock) instanceof Y.GC) return true;
  if (reader.rightClient >= 0) return at(reader.rightClient, reader.rightClock) instanceof Y.GC;
  if (reader.originClient >= 0 || reader.root !== null) return false;
  const parent = at(reader.parentClient, reader.parentClock);
  return parent instanceof Y.GC || parent?.deleted === true;
}

const isPoint = (id: Y.ID | null, client: number, clock: number): boolean =>
  id === null ? client < 0 : id.client === client && id.clock === clock;

/** Whether the update deletes all of these. */
export function* deletesAll(
  { deletes }: ReadUpdate,
  items: ReadonlySet<Y.Item>,
  work: Work,
): Sliced<boolean> {
  const wanted = new Map<
    number,
    { readonly clocks: number[]; readonly ranges: [from: number, to: number][] }
  >();
  for (const { id } of items) {
    const found = wanted.get(id.client);
    if (found) found.clocks.push(id.clock);
    else wanted.set(id.client, { clocks: [id.clock], ranges: [] });
    if (work.did(1)) yield;
  }
  for (let at = 0; at < deletes.length; at += 3) {
    const from = deletes[at + 1]!;
    wanted.get(deletes[at]!)?.ranges.push([from, from + deletes[at + 2]!]);
    if (work.did(1)) yield;
  }
  for (const { clocks, ranges } of wanted.values()) {
    clocks.sort((a, b) => a - b);
    ranges.sort(([a], [b]) => a - b);
    let end = 0;
    let next = 0;
    for (const clock of clocks) {
      for (; next < ranges.length && ranges[next]![0] <= clock; next++) end = Math.max(end, ranges[next]![1]);
      if (clock >= end) return false;
      if (work.did(1)) yield;
    }
  }
  return true;
}

/** Compares `length` positions: from `offset` on of what the struct says, from `at` on of what the document holds. */
type Said = (held: Y.Item['content'], offset: number, at: number, length: number) => boolean;

function saidBy(reader: StructReader): Said {
  const { decoder, ref } = reader;
  switch (ref) {
    case content.string: {
      const text = decoding.readVarString(decoder);
      return (held, offset, at, length) =>
        held instanceof Y.ContentString && isSameText(text, offset, held.str, at, length);
    }
    case content.any: {
      const ends = valueEnds(reader);
      const { arr } = decoder;
      return (held, offset, at, length) => {
        if (!(held instanceof Y.ContentAny)) return false;
        const encoder = encoding.createEncoder();
        for (let n = 0; n < length; n++) encoding.writeAny(encoder, held.arr[at + n] as never);
        return isSameBytes(encoding.toUint8Array(encoder), canonical(arr, ends, offset, length));
      };
    }
    case content.json: {
      const texts = Array.from({ length: decoding.readVarUint(decoder) }, () =>
        decoding.readVarString(decoder),
      );
      return (held, offset, at, length) =>
        held instanceof Y.ContentJSON &&
        held.arr.slice(at, at + length).every((value, n) => isSameJson(value, texts[offset + n] ?? ''));
    }
    case content.binary: {
      const bytes = decoding.readVarUint8Array(decoder);
      return (held) => held instanceof Y.ContentBinary && isSameBytes(held.content, bytes);
    }
    case content.embed: {
      const text = decoding.readVarString(decoder);
      return (held) => held instanceof Y.ContentEmbed && isSameJson(held.embed, text);
    }
    case content.format: {
      const key = decoding.readVarString(decoder);
      const text = decoding.readVarString(decoder);
      return (held) => held instanceof Y.ContentFormat && held.key === key && isSameJson(held.value, text);
    }
    default: {
      const type = decoding.readVarUint(decoder);
      const name = type === 3 || type === 5 ? decoding.readVarString(decoder) : '';
      return (held) => {
        if (!(held instanceof Y.ContentType)) return false;
        const encoder = new Y.UpdateEncoderV1();
        held.type._write(encoder);
        const wanted = new Y.UpdateEncoderV1();
        wanted.writeTypeRef(type);
        if (name !== '') wanted.writeKey(name);
        return isSameBytes(encoder.toUint8Array(), wanted.toUint8Array());
      };
    }
  }
}

/** Where each value of a list begins, and where the last one ends. */
function valueEnds({ decoder }: StructReader): number[] {
  const ends: number[] = [];
  const count = decoding.readVarUint(decoder);
  for (let n = 0; n < count; n++) {
    ends.push(decoder.pos);
    skipAny(decoder, { left: Infinity });
  }
  ends.push(decoder.pos);
  return ends;
}

/** Values as this relay would write them: another program may have chosen longer bytes for the same number. */
function canonical(bytes: Uint8Array, ends: readonly number[], offset: number, length: number): Uint8Array {
  const decoder = decoding.createDecoder(bytes);
  decoder.pos = ends[offset]!;
  const encoder = encoding.createEncoder();
  for (let n = 0; n < length; n++) encoding.writeAny(encoder, decoding.readAny(decoder) as never);
  return encoding.toUint8Array(encoder);
}

const isSameJson = (value: unknown, text: string): boolean =>
  text === 'undefined' ? value === undefined : JSON.stringify(value) === JSON.stringify(JSON.parse(text));

const isSameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

function isSameText(a: string, fromA: number, b: string, fromB: number, length: number): boolean {
  if (a.slice(fromA, fromA + length) === b.slice(fromB, fromB + length)) return true;
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(fromA + i);
    const right = b.charCodeAt(fromB + i);
    if (left === right) continue;
    const isCut = (left === replacement && isHalf(right)) || (right === replacement && isHalf(left));
    if (!isCut) return false;
  }
  return true;
}
