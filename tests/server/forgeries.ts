import * as Y from 'yjs';
import type { ErrorCode } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type { Caller } from '../../server/relay/contract.ts';
import {
  characters,
  collected,
  deletedContent,
  embed,
  mark,
  odd,
  rawValue,
  typeOf,
  values,
  writeUpdate,
  type Content,
  type Point,
  type Struct,
} from '../support/update-writer.ts';
import type { ForgeryWorld, Own, Random, Standing } from './forgery-world.ts';

/** One forged update: where it goes, and with which of these codes it must be refused. */
export interface ForgedUpdate {
  readonly room: RoomId;
  readonly bytes: Uint8Array;
  readonly codes: readonly ErrorCode[];
  readonly by?: Caller;
}

export type Forge = (world: ForgeryWorld, random: Random) => ForgedUpdate;

const pick = <T>(from: readonly T[], random: Random): T => from[random(from.length)]!;
const point = ({ client, clock }: Standing): Point => [client, clock];
const end = ({ client, clock, length }: Standing): Point => [client, clock + length - 1];
const words = (random: Random): Content => characters('forged'.slice(0, 1 + random(6)));

/** An update of structs under one of Eve's ids, at her next clock. */
const asMine = ({ client, next }: Own, ...structs: readonly Struct[]): Uint8Array =>
  writeUpdate([{ client, clock: next, structs }]);

const refused =
  (...codes: ErrorCode[]) =>
  (room: RoomId, bytes: Uint8Array): ForgedUpdate => ({ room, bytes, codes });
const notLeased = refused('update-not-leased');
const malformed = refused('update-malformed');
const missing = refused('update-missing-reference');
const forbidden = refused('update-forbidden-content');
const gap = refused('update-clock-gap');

/** A good update of Eve's, for those that are spoilt afterwards. */
const honest = ({ mine }: ForgeryWorld, random: Random): Uint8Array =>
  asMine(
    mine.pad,
    { parent: 't', content: words(random) },
    { parent: 'm', sub: `k${random(9)}`, content: values(random(1000), 'x') },
    { origin: [mine.pad.client, mine.pad.next], content: words(random) },
  );

const inPad =
  (make: (random: Random) => Struct, as = forbidden): Forge =>
  ({ pad, mine }, random) =>
    as(pad, asMine(mine.pad, make(random)));
const inLine =
  (make: (random: Random) => Content): Forge =>
  ({ doc, mine, inDoc }, random) => {
    const text = pick(
      inDoc.filter(({ isText }) => isText),
      random,
    );
    return forbidden(doc, asMine(mine.doc, { origin: end(text), content: make(random) }));
  };
const onElement =
  (make: (random: Random) => Partial<Struct> & { content: Content }): Forge =>
  ({ doc, mine, inDoc }, random) => {
    const element = pick(
      inDoc.filter(({ isElement }) => isElement),
      random,
    );
    return forbidden(doc, asMine(mine.doc, { parent: point(element), ...make(random) }));
  };
const toRoom =
  (name: (world: ForgeryWorld) => RoomId, ...codes: ErrorCode[]): Forge =>
  (world, random) => {
    const element = typeOf(3, 'paragraph');
    const made = asMine({ client: world.mine.fresh, next: 0 }, { parent: 'content', content: element });
    const deletion = writeUpdate([], [[world.hers.doc.client, [random(8), 1 + random(4)]]]);
    return { room: name(world), bytes: random(2) ? made : deletion, codes };
  };

/** Types in types in types, all new. */
function deep({ client, next }: Own, depth: number): Uint8Array {
  const structs = Array.from({ length: depth }, (_, i): Struct => ({
    parent: i === 0 ? 'l' : [client, next + i - 1],
    content: typeOf(0),
  }));
  return asMine({ client, next }, ...structs);
}

function flip(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = value;
  return changed;
}

/** Ways to write what one may not, by name. None of them may ever be taken. */
export const forgedUpdates: Readonly<Record<string, Forge>> = {
  'at the next clock of somebody else': ({ pad, hers }, random) =>
    notLeased(pad, asMine(hers.pad, { parent: 't', content: words(random) })),
  'under an id that nobody holds': ({ pad, mine }, random) =>
    notLeased(pad, asMine({ client: mine.fresh + 1 + random(1000), next: 0 }, { content: words(random) })),
  'under a small id, on a socket of leases': ({ pad }, random) =>
    notLeased(pad, asMine({ client: 1 + random(2 ** 31), next: 0 }, { content: words(random) })),
  'that collects the next clocks of somebody else': ({ pad, hers }, random) =>
    notLeased(pad, asMine(hers.pad, { content: collected(1 + random(10_000)) })),
  'that says something else under clocks of somebody else': ({ pad, inPad, hers }, random) => {
    const theirs = pick(
      inPad.filter(({ isText, client }) => isText && client === hers.pad.client),
      random,
    );
    const other = [...theirs.content]
      .map(() => 'X')
      .join('')
      .slice(0, theirs.length);
    const content = characters(other.padEnd(theirs.length, 'X'));
    return notLeased(
      pad,
      writeUpdate([{ client: theirs.client, clock: theirs.clock, structs: [{ content }] }]),
    );
  },
  'that says something else under own clocks': ({ pad, inPad, mine }, random) => {
    const own = pick(
      inPad.filter(({ isText, client }) => isText && client === mine.pad.client),
      random,
    );
    const content = characters('X'.repeat(own.length + random(5)));
    return refused('update-forked')(
      pad,
      writeUpdate([{ client: own.client, clock: own.clock, structs: [{ content }] }]),
    );
  },
  'after a gap': ({ pad, mine }, random) =>
    gap(pad, asMine({ ...mine.pad, next: mine.pad.next + 1 + random(100) }, { content: words(random) })),
  'with a gap inside': ({ pad, mine }, random) =>
    malformed(
      pad,
      asMine(
        mine.pad,
        { content: words(random) },
        { content: odd(10, 1 + random(9)) },
        { content: words(random) },
      ),
    ),
  'that burns clocks': ({ pad, mine }, random) =>
    malformed(
      pad,
      asMine(mine.pad, {
        content: random(2) ? collected(2 ** (25 + random(27))) : deletedContent(2 ** (25 + random(27))),
      }),
    ),
  'that waits for something unknown': ({ pad, mine }, random) => {
    const unknown: Point = [1 + random(2 ** 40), random(100)];
    return missing(
      pad,
      asMine(mine.pad, {
        ...pick([{ origin: unknown }, { right: unknown }, { parent: unknown }], random),
        content: words(random),
      }),
    );
  },
  'that deletes what is not there': ({ pad, hers }, random) =>
    missing(
      pad,
      writeUpdate([], [[random(2) ? hers.pad.client : 1 + random(999), [hers.pad.next + random(9), 1]]]),
    ),
  'that deletes past what is there': ({ pad, hers }, random) =>
    missing(pad, writeUpdate([], [[hers.pad.client, [random(hers.pad.next), 2 ** 20 + random(2 ** 30)]]])),
  'in a root that the kind does not have': ({ doc, mine }, random) =>
    forbidden(
      doc,
      asMine(mine.doc, {
        parent: pick(['hidden', 'content ', 'Content', ''], random),
        content: typeOf(3, 'paragraph'),
      }),
    ),
  'with the prototype as a name': ({ pad, mine }, random) => {
    const structs: Struct[] = [
      { parent: '__proto__', content: words(random) },
      { parent: 'm', sub: '__proto__', content: values(1) },
      { parent: 't', content: mark('__proto__', 'true') },
      { parent: 't', content: embed('{"__proto__":{"isAdmin":true}}') },
      { parent: 'l', content: rawValue(118, 1, 9, ...new TextEncoder().encode('__proto__'), 118, 0) },
      { parent: 'x', content: typeOf(3, '__proto__') },
    ];
    return forbidden(pad, asMine(mine.pad, pick(structs, random)));
  },
  'with a number JSON does not have': inPad((random) => ({
    parent: 'm',
    sub: 'n',
    content: values(random(2) ? BigInt(random(1000)) : { deep: [BigInt(random(1000))] }),
  })),
  'with a document inside': inPad((random) => ({
    parent: 'm',
    sub: `s${random(9)}`,
    content: odd(9, 0, 118, 0),
  })),
  'with unknown content': inPad((random) => ({ content: odd(11 + random(20), random(3)) }), malformed),
  'in a parent that holds nothing': ({ pad, mine, inPad: all }, random) => {
    const letter = pick(
      all.filter(({ isType }) => !isType),
      random,
    );
    return malformed(pad, asMine(mine.pad, { parent: point(letter), content: words(random) }));
  },
  'between neighbours in different places': ({ pad, mine, inPad: all }, random) => {
    const left = pick(all, random);
    const right = pick(
      all.filter(({ parent, sub }) => parent !== left.parent || sub !== left.sub),
      random,
    );
    return malformed(
      pad,
      asMine(mine.pad, { origin: end(left), right: point(right), content: words(random) }),
    );
  },
  'to the left of a value in a map': ({ pad, mine, inPad: all }, random) => {
    const value = pick(
      all.filter(({ sub }) => sub !== null),
      random,
    );
    return malformed(pad, asMine(mine.pad, { right: point(value), content: values(1) }));
  },
  'that waits for itself': ({ pad, mine }, random) => {
    const { client, next } = mine.pad;
    const later: Point = [client, next + random(4)];
    return malformed(
      pad,
      asMine(
        mine.pad,
        {
          ...pick([{ origin: later }, { right: later }, { parent: later }], random),
          content: characters('x'),
        },
        { content: characters('abcd') },
      ),
    );
  },
  'whose structs wait for each other': ({ pad, mine }, random) =>
    malformed(
      pad,
      writeUpdate([
        {
          client: mine.pad.client,
          clock: mine.pad.next,
          structs: [{ origin: [mine.fresh, random(2)], content: words(random) }],
        },
        {
          client: mine.fresh,
          clock: 0,
          structs: [{ origin: [mine.pad.client, mine.pad.next], content: characters('ab') }],
        },
      ]),
    ),
  'cut off': (world, random) => {
    const good = honest(world, random);
    return malformed(world.pad, good.slice(0, random(good.length)));
  },
  'with bytes behind it': (world, random) =>
    malformed(
      world.pad,
      Uint8Array.from([
        ...honest(world, random),
        ...Array.from({ length: 1 + random(5) }, () => random(256)),
      ]),
    ),
  'in version 2': ({ pad, mine }, random) => {
    const doc = new Y.Doc();
    doc.clientID = mine.fresh;
    doc.getText('t').insert(0, 'x'.repeat(1 + random(40)));
    return {
      room: pad,
      bytes: Y.encodeStateAsUpdateV2(doc),
      codes: ['update-malformed', 'update-clock-gap', 'update-not-leased', 'too-large'],
    };
  },
  'that announces more than there is': ({ pad, mine }, random) => ({
    room: pad,
    bytes: flip(asMine(mine.pad, { content: words(random) }), 1, 2 + random(120)),
    codes: ['update-malformed'],
  }),
  'with types nested without end': ({ pad, mine }, random) =>
    forbidden(pad, deep(mine.pad, 101 + random(400))),
  'with values nested without end': inPad((random) => ({
    parent: 'l',
    content: rawValue(...Array.from({ length: 65 + random(2000) }, () => [117, 1]).flat(), 126),
  })),
  'with a name as long as a book': inPad((random) => ({
    parent: random(2) ? 'r'.repeat(1025 + random(100_000)) : 'm',
    sub: 'k'.repeat(1025 + random(100_000)),
    content: values(1),
  })),
  'with an element the editor does not have': ({ doc, mine }, random) =>
    forbidden(
      doc,
      asMine(mine.doc, {
        parent: 'content',
        content: pick(
          [
            typeOf(3, pick(['script', 'iframe', 'Paragraph', 'toString'], random)),
            typeOf(0),
            typeOf(1),
            typeOf(2),
            typeOf(5, 'x'),
          ],
          random,
        ),
      }),
    ),
  'with an attribute the editor does not have': onElement((random) => ({
    sub: pick(['onclick', 'style', 'constructor', 'hidden'], random),
    content: values('x'),
  })),
  'with a type as an attribute': onElement(() => ({ sub: 'level', content: typeOf(1) })),
  'with characters in an element': onElement((random) => ({ content: words(random) })),
  'with a mark the editor does not have': inLine((random) =>
    mark(pick(['comment', 'onclick', 'constructor', 'textStyle'], random), 'true'),
  ),
  'with a mark of unknown attributes': inLine((random) =>
    mark(pick(['bold', 'link'], random), pick(['{"style":"x"}', '"x"', '[1]', '{"href":{"a":1}}'], random)),
  ),
  'with something in a line of text': inLine((random) =>
    pick([embed('{"image":"x"}'), typeOf(0), values(1), typeOf(3, 'paragraph')], random),
  ),
  'to a doc that was deleted': toRoom(({ deleted }) => deleted, 'document-deleted'),
  'to a doc that is not there': toRoom(({ room }) => room('doc/none'), 'room-not-found'),
  'to a room that only the relay writes': toRoom(
    ({ room, chat }) => [room('directory/main'), chat, room('doc/d:about')][0]!,
    'read-only',
  ),
  'to a conversation of others': toRoom(({ chat }) => chat, 'read-only', 'room-not-found', 'forbidden'),
  'to a room of another workspace': toRoom(() => 'elsewhere/scratch/pad' as RoomId, 'room-not-found'),
};
