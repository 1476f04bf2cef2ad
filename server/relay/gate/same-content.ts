import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { content, type ReadRun, type ReadUpdate, type StructReader, clockAfter } from './read-update.ts';
import { skipAny } from './read-values.ts';

/** What stands for half of a character of two halves, after Yjs cut between them. */
const replacement = 0xfffd;
const isHalf = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/**
 * Whether a struct that the document has, up to clock `until`, says what the document says there. What was deleted since
 * cannot be compared, on either side, and counts as the same. Copies may be cut in different places.
 */
export function isSame(
  doc: Y.Doc,
  update: ReadUpdate,
  run: ReadRun,
  i: number,
  until: number,
  reader: StructReader,
): boolean {
  reader.read(update.starts[i]!);
  if (reader.ref === content.gc || reader.ref === content.deleted) return true;
  const structs = doc.store.clients.get(run.client) ?? [];
  const from = update.clocks[i]!;
  const end = Math.min(clockAfter(update, run, i), until);
  const said = saidBy(reader);
  for (let at = Y.findIndexSS(structs, from); at < structs.length; at++) {
    const item = structs[at]!;
    const { clock } = item.id;
    if (clock >= end) break;
    if (!(item instanceof Y.Item) || item.deleted || item.content instanceof Y.ContentDeleted) continue;
    const start = Math.max(from, clock);
    const stop = Math.min(end, clock + item.length);
    if (!isSameOrigin(item, start, from, run.client, reader)) return false;
    if (!said(item.content, start - from, start - clock, stop - start)) return false;
  }
  return true;
}

/** The neighbours that both copies give for the clock where both are looked at first. */
function isSameOrigin(
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
  return (
    isPoint(mine, originClient, originClock) &&
    isPoint(item.rightOrigin, reader.rightClient, reader.rightClock)
  );
}

const isPoint = (id: Y.ID | null, client: number, clock: number): boolean =>
  id === null ? client < 0 : id.client === client && id.clock === clock;

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
