import * as Y from 'yjs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Caller, Relay } from '../../server/relay/contract.ts';
import { createRelay } from '../../server/relay/relay.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import {
  characters,
  collected,
  deletedContent,
  embed,
  mark,
  typeOf,
  values,
  writeUpdate,
  type Content,
  type Struct,
} from '../support/update-writer.ts';
import { typing } from './relay-rig.ts';

const callerOf = (name: string): Caller => ({
  member: name as MemberId,
  device: `${name}-phone` as DeviceId,
  session: name,
});
const [ada, ben] = [callerOf('ada'), callerOf('ben')];
let store: RelayStore;
let relay: Relay;
let pad: RoomId;
let client: number;
beforeEach(async () => {
  store = createMemoryStore();
  relay = createRelay({ store, version: 'test' });
  for (const { member } of [ada, ben]) {
    const data = { member, name: member, email: `${member}@example.org`, role: 'owner' };
    await relay.appendFact(`${store.workspace}/directory/main` as RoomId, 'member.join', member, data);
  }
  pad = `${store.workspace}/scratch/pad` as RoomId;
  client = (await relay.lease(ada, 1))[0]!;
});

const copy = (): Y.Doc => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, relay.text(pad));
  return doc;
};
const read = (): string => copy().getText('t').toJSON();
/** Ben's copy of what is stored, under an id of his. */
const bens = async () => typing((await relay.lease(ben, 1))[0]!, relay.text(pad));
const taken = async (caller: Caller, bytes: Uint8Array): Promise<void> =>
  expect(await relay.update(caller, pad, bytes)).toMatchObject({ ok: true });
const one = (clock: number, ...structs: Struct[]): Uint8Array => writeUpdate([{ client, clock, structs }]);

describe('[U-3] what the relay has, sent again', () => {
  it('is taken however it was cut meanwhile, and only the rest is stored', async () => {
    const mine = typing(client);
    mine.text.insert(0, 'hello world');
    await taken(ada, mine.take());
    const other = await bens();
    other.text.insert(5, ', dear');
    other.text.format(1, 3, { bold: true });
    await taken(ben, other.take());
    const { rows } = store.room(pad)!;
    await taken(ada, Y.encodeStateAsUpdate(mine.doc));
    expect(store.room(pad)!.rows).toBe(rows);
    mine.text.insert(11, '!');
    await taken(ada, Y.encodeStateAsUpdate(mine.doc));
    expect(read()).toBe('hello, dear world!');
    expect(store.rowsAfter(pad, 0).at(-1)!.bytes.length).toBeLessThan(60);
  });

  it('is taken where one side cut a character in two, and says so with what Yjs puts there', async () => {
    const mine = typing(client);
    mine.text.insert(0, 'a👋b👋c');
    await taken(ada, mine.take());
    const other = await bens();
    other.text.insert(2, '|');
    await taken(ben, other.take());
    // Ada has not seen the cut; she has made one of her own.
    mine.text.delete(5, 1);
    await taken(ada, Y.encodeStateAsUpdate(mine.doc));
    mine.text.insert(mine.text.length, ' more');
    await taken(ada, Y.encodeStateAsUpdate(mine.doc));
    Y.applyUpdate(mine.doc, relay.text(pad));
    expect(mine.text.toJSON()).toBe(read());
  });

  it('is taken where either side has deleted and collected it', async () => {
    const mine = typing(client);
    const list = mine.doc.getArray<Y.Map<string>>('l');
    list.push([new Y.Map([['key', 'value']])]);
    mine.text.insert(0, 'words');
    await taken(ada, mine.take());
    const before = Y.encodeStateAsUpdate(mine.doc);
    const other = await bens();
    other.doc.getArray('l').delete(0, 1);
    other.text.delete(1, 2);
    await taken(ben, other.take());
    await taken(ada, before);
    list.delete(0, 1);
    mine.text.delete(0, 5);
    await taken(ada, Y.encodeStateAsUpdate(mine.doc));
    expect(read()).toBe('');
  });

  it.each<[string, Content, Content]>([
    ['characters', characters('ab'), characters('abcd')],
    ['values', values(1, { a: [null] }), values(1, { a: [null] }, 'x', 2.5)],
    ['deleted characters', deletedContent(2), deletedContent(5)],
    ['collected structs', collected(2), collected(5)],
  ])('and longer than the relay has it, gives the rest: %s', async (_what, first, longer) => {
    const parent = 'l';
    await taken(ada, one(0, { parent, content: first }));
    const whole = one(0, { parent, content: longer });
    await taken(ada, whole);
    const expected = new Y.Doc();
    Y.applyUpdate(expected, whole);
    expect(copy().getArray('l').toJSON()).toEqual(expected.getArray('l').toJSON());
    expect(Y.encodeStateVector(copy())).toEqual(Y.encodeStateVector(expected));
  });

  it('and longer, behind a beginning that was collected meanwhile, is collected too', async () => {
    const doc = new Y.Doc();
    doc.clientID = client;
    const inner = new Y.Text();
    doc.getArray('l').push([inner]);
    inner.insert(0, 'ab');
    await taken(ada, Y.encodeStateAsUpdate(doc));
    const other = await bens();
    other.doc.getArray('l').delete(0, 1);
    await taken(ben, other.take());
    inner.insert(2, 'cd');
    await taken(ada, Y.encodeStateAsUpdate(doc));
    Y.applyUpdate(doc, relay.text(pad));
    expect(copy().getArray('l').length).toBe(0);
    expect(Y.encodeStateVector(doc)).toEqual(Y.encodeStateVector(copy()));
  });
});

describe('[U-11] something else under clocks that the relay has', () => {
  const stored: Struct = { parent: 't', content: characters('abc') };
  it.each<[string, Struct, Struct]>([
    ['other characters', stored, { parent: 't', content: characters('abX') }],
    ['other characters, and more', stored, { parent: 't', content: characters('Xbcdef') }],
    ['a value instead', stored, { parent: 't', content: values(1, 2, 3) }],
    ['another value', { parent: 'l', content: values(1) }, { parent: 'l', content: values(2) }],
    ['another mark', { content: mark('bold', 'true') }, { content: mark('bold', 'null') }],
    ['another embed', { content: embed('{"a":1}') }, { content: embed('{"a":2}') }],
    ['another type', { parent: 'x', content: typeOf(3, 'p') }, { parent: 'x', content: typeOf(3, 'q') }],
    ['another neighbour', stored, { right: [1, 1], content: characters('abc') }],
    ['another root', stored, { parent: 'u', content: characters('abc') }],
    [
      'another key',
      { parent: 'm', sub: 'a', content: values(1) },
      { parent: 'm', sub: 'b', content: values(1) },
    ],
    [
      'another place of something deleted',
      { parent: 't', content: deletedContent(3) },
      { parent: 'u', content: deletedContent(3) },
    ],
    [
      'something deleted here in another place',
      { ...stored, content: deletedContent(3) },
      { ...stored, parent: 'u' },
    ],
    ['something collected that stood in the open', stored, { content: collected(3) }],
    ['something in the open that was collected here', { content: collected(3) }, stored],
  ])('is a fork for its own device, and forged for others: %s', async (_what, first, second) => {
    await taken(ada, one(0, first));
    const before = relay.text(pad);
    for (const [caller, code] of [
      [ada, 'update-forked'],
      [ben, 'update-not-leased'],
    ] as const)
      expect(await relay.update(caller, pad, one(0, second))).toMatchObject({ ok: false, error: { code } });
    expect(relay.text(pad)).toEqual(before);
  });

  it('comes from a copied profile whose other copy went on', async () => {
    const mine = typing(client);
    mine.text.insert(0, 'both have this. ');
    await taken(ada, mine.take());
    const clone = typing(0, Y.encodeStateAsUpdate(mine.doc));
    clone.doc.clientID = client;
    mine.text.insert(16, 'one way');
    clone.text.insert(16, 'another');
    await taken(ada, mine.take());
    const answer = await relay.update(ada, pad, clone.take());
    expect(answer).toMatchObject({ ok: false, error: { code: 'update-forked' } });
    expect(read()).toBe('both have this. one way');
  });

  it('is a fork though both copies deleted it: what stands beside it would be in another place', async () => {
    const mine = typing(client);
    const clone = typing(client);
    mine.text.insert(0, 'abc');
    clone.doc.getText('u').insert(0, 'xyz');
    await taken(ada, mine.take());
    mine.text.delete(0, 3);
    await taken(ada, mine.take());
    clone.doc.getText('u').delete(0, 3);
    const answer = await relay.update(ada, pad, Y.encodeStateAsUpdate(clone.doc));
    expect(answer).toMatchObject({ ok: false, error: { code: 'update-forked' } });
  });

  it('is none where what it stands in is deleted by the same update, or was here', async () => {
    const doc = new Y.Doc();
    doc.clientID = client;
    const list = doc.getArray<Y.Array<Y.Text>>('l');
    list.push([Y.Array.from([new Y.Text('one'), new Y.Text('two')])]);
    await taken(ada, Y.encodeStateAsUpdate(doc));
    const live = Y.encodeStateAsUpdate(doc);
    list.delete(0, 1);
    const gone = Y.encodeStateAsUpdate(doc);
    await taken(ada, gone);
    await taken(ada, gone);
    await taken(ada, live);
    expect(Y.encodeStateAsUpdate(copy())).toEqual(gone);
  });
});
