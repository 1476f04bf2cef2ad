import { openDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as Y from 'yjs';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { failure } from '../../../shared/base/errors.ts';
import type { TextContent } from '../../../shared/protocol/messages.ts';
import { Branches } from '../../../client/data/sync/branches.ts';
import type { Answer, Connection } from '../../../client/data/sync/connection.ts';
import { InOrder } from '../../../client/data/sync/in-order.ts';
import { OpenTexts } from '../../../client/data/text/open-texts.ts';
import { moved, movesOf, newIn } from '../../../client/data/text/rewrite.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let ann: MemberId;
let room: RoomId;
beforeEach(async () => {
  world = await makeWorld(81);
  ann = await world.member('ann');
  room = world.room('scratch', 's');
});
afterEach(() => world.end());

/** Everything a device keeps, as a backup of its disk has it. */
type Disk = ReadonlyMap<string, readonly { readonly key: IDBValidKey; readonly value: unknown }[]>;

async function read(device: WorldDevice): Promise<Disk> {
  const db = await openDB(device.database);
  const disk = new Map<string, { key: IDBValidKey; value: unknown }[]>();
  for (const store of db.objectStoreNames) {
    const keys = await db.getAllKeys(store);
    const values = (await db.getAll(store)) as unknown[];
    disk.set(
      store,
      keys.map((key, i) => ({ key, value: values[i] })),
    );
  }
  db.close();
  return disk;
}

/** The device, without a network, finds another disk in itself. */
async function putBack(device: WorldDevice, disk: Disk): Promise<void> {
  device.goOffline();
  await device.restart(true);
  const db = await openDB(device.database);
  const tx = db.transaction([...disk.keys()], 'readwrite');
  for (const [store, rows] of disk) {
    const to = tx.objectStore(store);
    await to.clear();
    for (const { key, value } of rows) await (to.keyPath === null ? to.put(value, key) : to.put(value));
  }
  await tx.done;
  db.close();
  await device.restart(true);
}

const words = (): string => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, world.relay.text(room));
  return doc.getText('t').toString();
};

/** A page with the text open; `session` is the one it shows now. */
async function opened(device: WorldDevice) {
  const problems: string[] = [];
  const texts = new OpenTexts({
    ...device.page(),
    me: ann,
    onMended: () => undefined,
    onProblem: ({ code }) => problems.push(code),
  });
  const text = texts.open(room, () => undefined);
  await world.settle();
  return Object.assign(Object.create(text) as typeof text, { problems });
}

test('a disk that was put back to an earlier day loses neither what was sent since nor what is written on it', async () => {
  const device = world.device(ann);
  const other = world.device(await world.member('bo'));
  await world.settle();
  const text = await opened(device);
  text.session.doc.getText('t').insert(0, 'one ');
  await world.settle();
  const disk = await read(device);
  text.session.doc.getText('t').insert(4, 'two, sent and forgotten ');
  await world.settle();
  await putBack(device, disk);
  const again = await opened(device);
  expect(again.session.doc.getText('t').toString()).toBe('one ');
  again.session.doc.getText('t').insert(4, 'three ');
  again.session.doc.getText('t').delete(0, 1);
  await world.settle();
  const seen = await opened(other);
  device.goOnline();
  await world.settle();
  expect(words()).toContain('two, sent and forgotten ');
  expect(words()).toContain('three ');
  expect(words()).not.toContain('one ');
  expect(words()).toHaveLength('ne two, sent and forgotten three '.length);
  // Everybody has the same, the open page too, which goes on under an id that nobody used.
  const { session } = again;
  expect(session.locked).toBeNull();
  expect(session.doc.getText('t').toString()).toBe(words());
  expect(seen.session.doc.getText('t').toString()).toBe(words());
  session.doc.getText('t').insert(0, 'four ');
  await world.settle();
  expect(words()).toContain('four ');
  expect(await device.storage.texts.queue()).toEqual([]);
  expect([...again.problems, ...device.problems]).toEqual([]);
});

test('what was typed until the page heard of it goes with the rest', async () => {
  const device = world.device(ann);
  await world.settle();
  const text = await opened(device);
  text.session.doc.getText('t').insert(0, 'one ');
  await world.settle();
  const disk = await read(device);
  text.session.doc.getText('t').insert(4, 'XY');
  await world.settle();
  await putBack(device, disk);
  const again = await opened(device);
  const typed = again.session.doc.getText('t');
  typed.insert(4, 'ab');
  await world.settle(200);
  device.goOnline();
  // The page types on, letter by letter, while the relay refuses and the branch is moved.
  for (const letter of 'cdefghij') {
    if (again.session.doc.getText('t') === typed) typed.insert(typed.toString().indexOf('ab') + 2, letter);
    await world.step(5);
  }
  await world.settle();
  expect(words()).toContain('XY');
  const letters = words().replace('one ', '').replace('XY', '');
  expect(letters.startsWith('ab') && letters.length >= 3).toBe(true);
  expect(again.session.doc.getText('t').toString()).toBe(words());
  expect(await device.storage.texts.queue()).toEqual([]);
});

test('a profile that was copied to another machine writes on there under ids of its own', async () => {
  const device = world.device(ann, 'first');
  const copy = world.device(ann, 'second');
  await world.settle();
  const text = await opened(device);
  text.session.doc.getText('t').insert(0, 'both ');
  await world.settle();
  await putBack(copy, await read(device));
  const there = await opened(copy);
  there.session.doc.getText('t').insert(5, 'over there ');
  text.session.doc.getText('t').insert(5, 'kept ');
  await world.settle();
  copy.goOnline();
  await world.settle();
  there.session.doc.getText('t').insert(0, 'now ');
  text.session.doc.getText('t').insert(0, 'and ');
  await world.settle();
  for (const part of ['both ', 'over there ', 'kept ', 'now ', 'and '])
    expect(words().split(part)).toHaveLength(2);
  for (const { session } of [text, there]) expect(session.doc.getText('t').toString()).toBe(words());
  expect(await copy.storage.texts.queue()).toEqual([]);
  const used = new Set(await device.storage.leases.usable());
  expect((await copy.storage.leases.usable()).filter((id) => used.has(id))).toEqual([]);
});

test('a moved branch means what it meant: place, format and deletions', () => {
  const base = new Y.Doc();
  base.clientID = 1;
  base.getText('t').insert(0, 'hello world');
  const start = Y.encodeStateAsUpdate(base);
  const write = (client: number, change: (text: Y.Text) => void): Y.Doc => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, start);
    doc.clientID = client;
    change(doc.getText('t'));
    return doc;
  };
  // Two copies of one device under the same id; the first was faster. That both begin with X is chance.
  const first = write(7, (text) => text.insert(5, 'X-other'));
  const second = write(7, (text) => {
    text.insert(5, 'X');
    text.insert(6, ' dear');
    text.format(0, 5, { bold: true });
    text.delete(1, 2);
    text.insert(text.length, '!');
    text.delete(text.length - 2, 1);
  });
  const relay = new Y.Doc();
  Y.applyUpdate(relay, Y.encodeStateAsUpdate(first));
  const branch = Y.encodeStateAsUpdate(second, Y.encodeStateVector(base));
  const fresh = newIn(branch, [Y.encodeStateAsUpdate(relay)]);
  const moves = movesOf(fresh, [9]);
  expect(moves).toMatchObject([{ client: 7, from: 0, as: 9 }]);
  const missing: unknown[] = [];
  relay.on('update', (update: Uint8Array) => missing.push(update));
  Y.applyUpdate(relay, moved(fresh, moves));
  expect(relay.store.pendingStructs).toBeNull();
  expect(missing).toHaveLength(1);
  expect(relay.getText('t').toString()).toBe('hloX-otherX dear worl!');
  expect(second.getText('t').toString()).toBe('hloX dear worl!');
  // What the relay took of it before is not moved: nobody writes forty letters twice in one place.
  const long = 'The same forty letters, in the same place';
  const [taken, going] = [long, `${long} and on`].map((words) => write(8, (text) => text.insert(0, words)));
  const rest = newIn(Y.encodeStateAsUpdate(going!), [Y.encodeStateAsUpdate(taken!)]);
  expect(movesOf(rest, [9])).toMatchObject([{ client: 8, from: long.length, as: 9 }]);
  const [bold, plain] = relay.getText('t').toDelta() as { insert: string; attributes?: object }[];
  expect(bold).toMatchObject({ insert: expect.stringMatching(/^hlo/) as string, attributes: { bold: true } });
  expect(plain).toEqual({ insert: expect.stringMatching(/X dear worl!$/) as string });
});

test('a moved branch can be merged with what the relay made of it', () => {
  const base = new Y.Doc();
  // Another order of ids than before: the higher one has moved below the other.
  const moves = [
    { client: 9, from: 0, to: 99, as: 11 },
    { client: 8, from: 0, to: 99, as: 12 },
  ];
  const branch = new Y.Doc();
  branch.clientID = 8;
  branch.getText('t').insert(0, '!');
  branch.getText('t').insert(0, 'a longer run of text');
  branch.clientID = 9;
  branch.getText('t').insert(0, 'before ');
  const mine = moved(Y.encodeStateAsUpdate(branch), moves);
  Y.applyUpdate(base, mine);
  base.clientID = 13;
  base.getText('t').delete(10, 4);
  const merged = Y.mergeUpdates([Y.encodeStateAsUpdate(base), mine]);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, merged);
  expect(doc.store.pendingStructs).toBeNull();
  expect(doc.getText('t').toString()).toBe(base.getText('t').toString());
});

test('what one copy wrote and the relay has deleted elsewhere is no part of what the relay has', () => {
  const write = (change: (doc: Y.Doc) => void): Y.Doc => {
    const doc = new Y.Doc();
    doc.clientID = 7;
    change(doc);
    return doc;
  };
  const long = 'more letters than two hands write alike by chance';
  const taken = write((doc) => {
    doc.getText('t').insert(0, long);
    doc.getText('t').delete(0, long.length);
  });
  const onRelay = [Y.encodeStateAsUpdate(taken)];
  const branch = (change: (doc: Y.Doc) => void): Uint8Array => Y.encodeStateAsUpdate(write(change));
  const whole = [expect.objectContaining({ client: 7, from: 0, as: 9 })];
  const elsewhere = newIn(
    branch((doc) => doc.getText('u').insert(0, long)),
    onRelay,
  );
  expect(movesOf(elsewhere, [9])).toEqual(whole);
  const deleted = branch((doc) => {
    doc.getText('u').insert(0, long);
    doc.getText('u').delete(0, long.length);
  });
  expect(movesOf(newIn(deleted, onRelay), [9])).toEqual(whole);
  // In the same place it is the same, for all that can be known.
  const again = newIn(
    branch((doc) => doc.getText('t').insert(0, long)),
    onRelay,
  );
  expect(movesOf(again, [9])).toEqual([]);
  // What the relay collected with its paragraph stood in none here.
  const inside = write((doc) => {
    doc.getArray<Y.Text>('l').push([new Y.Text(long)]);
    doc.getArray('l').delete(0, 1);
  });
  const open = newIn(
    branch((doc) => {
      doc.getArray('l').push([0]);
      doc.getText('t').insert(0, long);
    }),
    [Y.encodeStateAsUpdate(inside)],
  );
  expect(movesOf(open, [9])).toEqual(whole);
});

/** What somebody who has `base` adds to it under an id. */
function write(client: number, words: string, base: Y.Doc = new Y.Doc()): { doc: Y.Doc; bytes: Uint8Array } {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(base));
  doc.clientID = client;
  doc.getText('t').insert(doc.getText('t').length, words);
  return { doc, bytes: Y.encodeStateAsUpdate(doc, Y.encodeStateVector(base)) };
}

const wholeText = (bytes: Uint8Array): TextContent => ({
  ...{ kind: 'text', room, whole: true, updates: [bytes], rows: [] },
  ...{ cursor: 3, by: ann, at: 1 },
});

test('a page goes on where its words were moved to, under any id, until it has the new text', async () => {
  const { texts } = world.device(ann).storage;
  const relays = write(8, 'relay');
  const mine = write(8, 'mine');
  const after = write(9, ', later', mine.doc);
  await texts.append(room, mine.bytes, ann, 1, 0);
  await texts.append(room, after.bytes, ann, 1, 0);
  const pulled = wholeText(relays.bytes);
  const before = await texts.read(room);
  expect(before.begun).toBe(0);
  // The second id was not there yet when ids were drawn.
  expect(await texts.beginAnew(pulled, [20])).toBe(false);
  expect(await texts.read(room)).toEqual(before);
  expect(await texts.beginAnew(pulled, [20, 21])).toBe(true);
  const shown = async (): Promise<string> => {
    const doc = new Y.Doc();
    const { updates } = await texts.read(room);
    for (const { bytes } of updates) Y.applyUpdate(doc, bytes);
    expect(doc.store.pendingStructs).toBeNull();
    return doc.getText('t').toString();
  };
  expect((await shown()).replace('relay', '')).toBe('mine, later');
  // The page that knows nothing of it writes on, also under an id that it has only now.
  const more = write(10, ' and on', after.doc);
  await texts.append(room, more.bytes, ann, 1, 0);
  expect((await shown()).replace('relay', '')).toBe('mine, later and on');
  await texts.append(room, write(10, '.', more.doc).bytes, ann, 1, 0);
  expect((await shown()).replace('relay', '')).toBe('mine, later and on.');
  // What the relay has under the old id behind its own words is the relay's for it, too.
  const mixed = more.doc;
  Y.applyUpdate(mixed, relays.bytes);
  const had = Y.encodeStateVector(mixed);
  mixed.getText('t').delete(mixed.getText('t').toString().lastIndexOf('y'), 1);
  await texts.append(room, Y.encodeStateAsUpdate(mixed, had), ann, 1, 0);
  expect((await shown()).replace('rela', '')).toBe('mine, later and on.');
  // The page that has the new text means the relay's words when it speaks of them.
  const { begun } = await texts.read(room);
  expect(begun).toBe(1);
  await texts.append(room, write(11, '!', relays.doc).bytes, ann, 1, begun);
  expect(await shown()).toContain('rela!');
});

test('what a page writes under a new id while ids are drawn for its branch is moved with it', async () => {
  const { storage } = world.device(ann);
  const { texts } = storage;
  const mine = write(8, 'mine');
  await texts.append(room, mine.bytes, ann, 1, 0);
  const later = [write(9, ', later', mine.doc).bytes];
  const asked: string[] = [];
  let next = 20;
  const ask = async (question: Parameters<Connection['ask']>[0]): Promise<Answer> => {
    asked.push(question.type);
    if (question.type === 'pull')
      return {
        type: 'batch',
        request: 1,
        rooms: [wholeText(write(8, 'relay').bytes)],
        missing: [],
        damaged: [],
      };
    if (question.type !== 'lease') throw new Error(question.type);
    if (asked.length === 1) return { type: 'refused', request: 1, code: 'storage-failed', message: '' };
    for (const bytes of later.splice(0)) await texts.append(room, bytes, ann, 1, 0);
    const ids = Array.from({ length: question.count }, () => next++);
    return { type: 'leased', request: 1, ids, receipts: ids.map(() => new Uint8Array(16)) };
  };
  const branches = new Branches({ ask } as Connection, storage, new InOrder());
  const pending = await texts.pending(room);
  expect(await branches.anew(room, failure('update-forked', ''))).toBe('later');
  expect(await texts.pending(room)).toEqual(pending);
  expect(await branches.anew(room, failure('update-forked', ''))).toBe(true);
  expect(asked.slice(1)).toEqual(['lease', 'pull', 'lease', 'pull']);
  const doc = new Y.Doc();
  for (const { bytes } of (await texts.read(room)).updates) Y.applyUpdate(doc, bytes);
  expect(doc.getText('t').toString().replace('relay', '')).toBe('mine, later');
  expect([...Y.decodeStateVector(Y.encodeStateVector(doc)).keys()].sort()).toEqual([21, 22, 8]);
});

test('a page that has the new text takes from one that has the old what was stored, not what it said', async () => {
  const device = world.device(ann);
  await world.settle();
  const { texts } = device.storage;
  const mine = write(8, 'mine');
  await texts.append(room, mine.bytes, ann, 1, 0);
  await texts.beginAnew(wholeText(write(8, 'relay').bytes), [20]);
  const page = await opened(device);
  const before = Y.encodeStateVector(mine.doc);
  mine.doc.getText('t').delete(0, 2);
  const bytes = Y.encodeStateAsUpdate(mine.doc, before);
  await texts.append(room, bytes, ann, 1, 0);
  const other = device.page();
  other.bus.post({ type: 'bytes', room, bytes: [bytes], from: other.tab, begun: 0 });
  await world.settle();
  const shown = page.session.doc.getText('t').toString();
  expect(shown).toContain('relay');
  expect(shown.replace('relay', '')).toBe('ne');
});
