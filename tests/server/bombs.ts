import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import {
  characters,
  collected,
  deletedContent,
  embed,
  mark,
  rawValue,
  typeOf,
  values,
  writeUpdate,
  type Struct,
} from '../support/update-writer.ts';

/** Makes the updates of a bomb, to be sent one after the other, under one of the sender's ids. */
export type Bomb = (client: number) => Uint8Array[];

const one = (client: number, ...structs: Struct[]): Uint8Array[] => [
  writeUpdate([{ client, clock: 0, structs }]),
];

/** The same struct again and again, `count` times, and then the bytes of the deletions. */
function repeated(client: number, count: number, struct: readonly number[], announced = count): Uint8Array[] {
  const encoder = encoding.createEncoder();
  for (const each of [1, announced, client, 0]) encoding.writeVarUint(encoder, each);
  const head = encoding.toUint8Array(encoder);
  const all = Buffer.alloc(count * struct.length, Uint8Array.from(struct));
  return [Buffer.concat([head, all, Uint8Array.of(0)])];
}

/** A text, and then ranges that take every second of its characters away. */
function deletions(client: number, count: number, order: 'rising' | 'falling'): Uint8Array[] {
  const text = one(client, { content: characters('ab'.repeat(count)) })[0]!;
  const ranges = Array.from({ length: count }, (_, i): [number, number] => [2 * i, 1]);
  return [text, writeUpdate([], [[client, ...(order === 'rising' ? ranges : ranges.reverse())]])];
}

const typed = (client: number, write: (doc: Y.Doc) => void): Uint8Array[] => {
  const doc = new Y.Doc();
  doc.clientID = client;
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  write(doc);
  return updates;
};

/** Everybody inserts at the same place, so that each has to be carried past all the others. */
function crowd(client: number, count: number): Uint8Array[] {
  const base = one(client, ...Array.from({ length: count }, (): Struct => ({ content: characters('a') })));
  // The first list, from its right end to its left: `count` characters that each stand before the one of the clock before.
  const inserted = Array.from({ length: count }, (_, i): Struct => ({
    right: [client, count - 1 - (i % count)],
    content: characters('b'),
  }));
  return [...base, writeUpdate([{ client, clock: count, structs: inserted }])];
}

/** The same in one update: `count` at one place, and `more` of which each has to be carried past a part of them. */
const crowdAtOnce = (client: number, count: number, more: number): Uint8Array[] =>
  one(
    client,
    ...Array.from({ length: count }, (): Struct => ({ content: characters('a') })),
    ...Array.from({ length: more }, (_, i): Struct => ({ right: [client, i], content: characters('b') })),
  );

const nested = (depth: number): number[] => Array.from({ length: depth }, () => [117, 1]).flat();

/** By name: none may hold the relay up, fill it, or break anybody who reads what is shown of it. */
export const bombs: Readonly<Record<string, Bomb>> = {
  '3,000 updates without the first': (client) =>
    typed(client, (doc) => {
      for (let i = 0; i < 3_000; i++) doc.getText('t').insert(i, 'x');
    }).slice(1),
  'version 2 with run lengths': () => {
    const encoder = new Y.UpdateEncoderV2();
    encoding.writeVarUint(encoder.restEncoder, 1);
    encoding.writeVarUint(encoder.restEncoder, 10_000_000);
    encoder.writeClient(1);
    encoding.writeVarUint(encoder.restEncoder, 0);
    for (let i = 0; i < 100; i++) {
      encoder.writeInfo(0);
      encoder.writeLen(1);
    }
    return [encoder.toUint8Array()];
  },
  'clocks burnt 16 million at a time': (client) =>
    one(client, ...Array.from({ length: 1_000 }, (): Struct => ({ content: deletedContent(1 << 24) }))),
  'a collected struct of 2^52': (client) => one(client, { content: collected(2 ** 52) }),
  'elements 5,000 deep': (client) => [
    writeUpdate([
      {
        client,
        clock: 0,
        structs: Array.from({ length: 5_000 }, (_, i): Struct => ({
          parent: i === 0 ? 'x' : [client, i - 1],
          content: typeOf(3, 'p'),
        })),
      },
    ]),
  ],
  'values 30,000 deep': (client) => one(client, { parent: 'l', content: rawValue(...nested(30_000), 126) }),
  'JSON 30,000 deep': (client) => one(client, { content: embed('['.repeat(30_000) + ']'.repeat(30_000)) }),
  'a million deletions': (client) => deletions(client, 1_000_000, 'rising').slice(1),
  '100,000 deletions from the end to the beginning': (client) => deletions(client, 100_000, 'falling'),
  'one root as everything': (client) =>
    one(
      client,
      { parent: 't', content: characters('text') },
      { parent: 't', sub: 'key', content: values({ a: 1 }) },
      { parent: 't', content: typeOf(3, 'p') },
      { parent: 't', content: mark('bold', 'true') },
      { parent: 't', content: values(1, 'two', null) },
      { parent: 't', sub: 'key2', content: characters('text as a value') },
      { parent: 'l', content: mark('bold', 'true') },
      { parent: 'm', sub: 'x', content: mark('bold', 'true') },
      { parent: 'x', content: characters('text in a fragment') },
    ),
  'the prototype as a key': (client) =>
    one(client, { parent: 'm', sub: '__proto__', content: values({ isAdmin: true }) }),
  'a number JSON does not have': (client) =>
    one(client, { parent: 'm', sub: 'n', content: values(2n ** 60n) }),
  'names of 100 kB': (client) => one(client, { parent: 'r'.repeat(100_000), content: values(1) }),
  'names with NUL and dots': (client) =>
    one(
      client,
      { parent: '\0', content: characters('x') },
      { parent: '../..', sub: '..\0', content: values(1) },
      { parent: 'x', content: typeOf(3, 'p\0') },
    ),
  '8 MB of tiny structs': (client) => repeated(client, 1_300_000, [4, 1, 1, 0x74, 1, 0x61]),
  '8 MB of tiny structs, fewer announced': (client) =>
    repeated(client, 1_300_000, [4, 1, 1, 0x74, 1, 0x61], 499_999),
  'a million collected structs': (client) => repeated(client, 1_000_000, [0, 1]),
  'millions of values': (client) =>
    one(client, {
      parent: 'l',
      content: rawValue(117, 0x80, 0x89, 0x7a, ...new Array<number>(100_000).fill(118)),
    }),
  '100,000 empty objects': (client) => {
    const encoder = encoding.createEncoder();
    for (const each of [1, 1, client, 0, 8, 1]) encoding.writeVarUint(encoder, each);
    encoding.writeVarString(encoder, 'l');
    encoding.writeVarUint(encoder, 100_000);
    for (let i = 0; i < 100_000; i++) encoding.writeAny(encoder, {});
    encoding.writeVarUint(encoder, 0);
    return [encoding.toUint8Array(encoder)];
  },
  '4 million numbers': (client) => {
    const encoder = encoding.createEncoder();
    for (const each of [1, 1, client, 0, 8, 1]) encoding.writeVarUint(encoder, each);
    encoding.writeVarString(encoder, 'l');
    encoding.writeVarUint(encoder, 4_000_000);
    for (let i = 0; i < 4_000_000; i++) encoding.writeAny(encoder, 1);
    encoding.writeVarUint(encoder, 0);
    return [encoding.toUint8Array(encoder)];
  },
  'JSON of two million parts': (client) => one(client, { content: embed(`[${'[],'.repeat(2_000_000)}1]`) }),
  'ten thousand at one place': (client) => crowd(client, 10_000),
  '60,000 at one place in one update': (client) => crowdAtOnce(client, 60_000, 1_000),
};
