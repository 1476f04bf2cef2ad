import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { deleteDB, openDB } from 'idb';
import * as Y from 'yjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CommandId, MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import type { Failure } from '../../../shared/base/errors.ts';
import { journalBytes, type DeviceStorage, type DraftPlace } from '../../../client/data/storage/contract.ts';
import { exportUnsent } from '../../../client/data/unsent-export.ts';
import { openStorage, type Exclusively, type OpenOptions } from '../../../client/data/storage/idb/open.ts';

const chat = 'w/chat/c' as RoomId;
const elsewhere = 'w/chat/c2' as RoomId;
const text = 'w/scratch/s' as RoomId;
const ann = 'ann' as MemberId;
const bytes = new Blob(['png'], { type: 'image/png' });
const blob = { hash: 'ab', type: 'image/png', name: '', size: 3, bytes, at: 5, failure: null } as const;

let name = '';
let count = 0;
const opened: DeviceStorage[] = [];
const problems: Failure[] = [];

/** Locks of one browser. */
function locks(): Exclusively {
  let last: Promise<unknown> = Promise.resolve();
  return (_name, work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}

function open(options: Partial<OpenOptions> = {}): DeviceStorage {
  const storage = openStorage({
    workspace: 'w' as WorkspaceId,
    member: ann,
    name,
    onProblem: (problem) => void problems.push(problem),
    ...options,
  });
  opened.push(storage);
  return storage;
}

beforeEach(() => {
  name = `storage-test-${++count}`;
  problems.length = 0;
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const storage of opened.splice(0)) storage.close();
  await deleteDB(name);
});

const command = (id: string) => ({
  id: id as CommandId,
  room: chat,
  type: 'chat.send',
  data: { text: id },
  at: 1,
});

async function someUnsent(storage: DeviceStorage): Promise<void> {
  await storage.outbox.add(command('one'));
  await storage.outbox.add(command('two'));
  await storage.texts.append(text, Uint8Array.of(1, 2, 3), ann, 2, 0);
  await storage.texts.append(text, Uint8Array.of(4), ann, 3, 0);
  const [sent] = await storage.texts.pending(text);
  await storage.texts.markSent(text, [sent!.key], 1);
  await storage.blobs.put({ ...blob, room: text, pending: true });
  await storage.drafts.put(chat, 'half a sent');
  for (const id of ['first', 'second', 'third'])
    await storage.drafts.addFile(chat, { id, name: `${id}.txt`, file: new Blob([id]) });
  await storage.drafts.removeFiles(['second']);
}
/** The files beside the draft, and what they say. */
const beside = async (storage: DeviceStorage): Promise<string[]> => {
  const files = await storage.drafts.files(chat);
  return Promise.all(files.map(async ({ name, file }) => `${name}: ${await file.text()}`));
};

/** A database of the same name and version that lost one of its parts. */
async function loseStore(store: string): Promise<void> {
  const whole = await openDB(name);
  const rows = new Map<string, { key: IDBValidKey; value: unknown }[]>();
  for (const each of whole.objectStoreNames) {
    const keys = await whole.getAllKeys(each);
    const values = (await whole.getAll(each)) as unknown[];
    rows.set(
      each,
      keys.map((key, i) => ({ key, value: values[i] })),
    );
  }
  const { version } = whole;
  whole.close();
  await deleteDB(name);
  const broken = await openDB(name, version, {
    upgrade(db) {
      for (const each of rows.keys()) if (each !== store) db.createObjectStore(each);
    },
  });
  for (const [each, list] of rows)
    for (const { key, value } of list) if (each !== store) await broken.put(each, value, key);
  broken.close();
}

test('a database that is not whole is made anew, with everything that only this device has', async () => {
  const before = open();
  await someUnsent(before);
  before.close();
  await loseStore('rooms');
  const exclusively = locks();
  // A page and its worker, at once.
  const [page, worker] = [open({ exclusively }), open({ exclusively })];
  const [commands] = await Promise.all([page.outbox.all(), worker.outbox.all()]);
  expect(commands.map(({ id }) => id)).toEqual(['one', 'two']);
  expect((await page.texts.pending(text)).map(({ bytes }) => [...bytes])).toEqual([[4]]);
  expect(await page.blobs.queue()).toEqual([
    { room: text, hash: 'ab', name: '', size: 3, at: 5, failure: null },
  ]);
  expect(await page.drafts.get(chat)).toBe('half a sent');
  expect(await beside(page)).toEqual(['first.txt: first', 'third.txt: third']);
  expect(await page.leases.usable()).toEqual([]);
  expect(await page.rooms.all()).toEqual([]);
  expect(problems.map(({ code }) => code)).toEqual(['device-damaged']);
  expect((await indexedDB.databases()).map((each) => each.name)).not.toContain(`${name}:rescued`);
});

test('a database that was being made anew when the browser died is finished at the next start', async () => {
  const before = open();
  await someUnsent(before);
  before.close();
  await loseStore('outbox');
  const { setAside } = await import('../../../client/data/storage/idb/rescue.ts');
  await setAside(name);
  await deleteDB(name);
  const after = open();
  expect(await after.drafts.get(chat)).toBe('half a sent');
  expect(await after.texts.pending(text)).toHaveLength(1);
});

test('a database that cannot be opened at all is not deleted: the disk may be well again tomorrow', async () => {
  const before = open();
  await someUnsent(before);
  before.close();
  vi.spyOn(indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('Internal error opening backing store', 'UnknownError');
  });
  const during = open({ exclusively: locks() });
  await expect(during.outbox.all()).rejects.toMatchObject({ failure: { code: 'device-damaged' } });
  vi.restoreAllMocks();
  expect(await during.outbox.all()).toHaveLength(2);
});

test('a full disk says so, changes nothing, and is over when there is room', async () => {
  const storage = open();
  await storage.outbox.all();
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore) {
    // As Chromium does it: the request fails, and with it all others of the transaction.
    (this.transaction as unknown as { _abort(name: string): void })._abort('QuotaExceededError');
    throw new DOMException('', 'AbortError');
  });
  await expect(storage.texts.append(text, Uint8Array.of(1), ann, 1, 0)).rejects.toMatchObject({
    failure: { code: 'device-full' },
  });
  put.mockRestore();
  expect(await storage.texts.queue()).toEqual([]);
  await storage.texts.append(text, Uint8Array.of(1), ann, 1, 0);
  expect(await storage.texts.queue()).toMatchObject([{ room: text, count: 1 }]);
});

test('a newer version in another tab stops this one from writing, and is not kept waiting', async () => {
  const old = open();
  await old.drafts.put(chat, 'a');
  const newer = await openDB(name, 99);
  expect(problems).toMatchObject([{ code: 'device-outdated' }]);
  await expect(old.drafts.put(chat, 'b')).rejects.toMatchObject({ failure: { code: 'device-outdated' } });
  newer.close();
  const older = open();
  await expect(older.drafts.get(chat)).rejects.toMatchObject({ failure: { code: 'device-outdated' } });
});

test('signing out does not wait for a tab that sleeps and cannot let go', async () => {
  const storage = open();
  await storage.drafts.put(chat, 'a');
  storage.close();
  const sleeping = await openDB(name);
  await open().destroy();
  sleeping.close();
  await vi.waitUntil(async () => !(await indexedDB.databases()).some((each) => each.name === name));
});

test('signing out in one tab ends the other, and what somebody stores later is not deleted by it', async () => {
  const [one, two] = [open(), open()];
  await one.drafts.put(chat, 'a');
  await two.drafts.get(chat);
  await one.destroy();
  expect(problems).toMatchObject([{ code: 'session-ended', details: { deleted: 1 } }]);
  const later = open();
  await later.drafts.put(chat, 'of the next person');
  await two.destroy();
  expect(await later.drafts.get(chat)).toBe('of the next person');
});

test('a database the browser threw away is noticed', async () => {
  let evicted = 0;
  const storage = open({ onEvicted: () => (evicted += 1) });
  await storage.drafts.put(chat, 'a');
  const connections: IDBDatabase[] = [];
  const { transaction } = IDBDatabase.prototype;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    connections.push(this);
    return transaction.apply(this, args);
  });
  await storage.drafts.get(chat);
  // The package's types name the constructor where it takes a connection.
  forceCloseDatabase(connections[0] as never);
  await deleteDB(name);
  await vi.waitUntil(() => evicted === 1);
  expect(await storage.drafts.get(chat)).toBe('');
});

test('own words in a room that is gone are set aside, not deleted', async () => {
  const storage = open();
  await someUnsent(storage);
  await storage.rooms.forget([text, chat], 9);
  expect(await storage.texts.queue()).toMatchObject([
    { room: text, count: 1, failure: { code: 'forbidden' } },
  ]);
  expect(await storage.blobs.queue()).toMatchObject([{ hash: 'ab', failure: { code: 'forbidden' } }]);
  expect((await storage.outbox.all()).map(({ failure }) => failure?.code)).toEqual([
    'forbidden',
    'forbidden',
    'forbidden',
  ]);
  expect(await storage.drafts.get(chat)).toBe('');
  expect(await storage.drafts.files(chat)).toEqual([]);
});

/** A text of two people: what others wrote was sent, and what Ann wrote last was not. */
async function textOfTwo(storage: DeviceStorage): Promise<void> {
  const doc = new Y.Doc();
  doc.clientID = 5;
  doc.getText('t').insert(0, 'theirs, secret. ');
  const theirs = Y.encodeStateAsUpdate(doc);
  const before = Y.encodeStateVector(doc);
  doc.clientID = 6;
  doc.getText('t').insert(doc.getText('t').length, 'mine, unsent');
  doc.getText('t').insert(0, 'also mine ');
  await storage.texts.append(text, theirs, ann, 1, 0);
  const [sent] = await storage.texts.pending(text);
  await storage.texts.markSent(text, [sent!.key], 7);
  await storage.texts.append(text, Y.encodeStateAsUpdate(doc, before), ann, 2, 0);
}

const exported = async (storage: DeviceStorage): Promise<string> => (await exportUnsent(storage)).text();

test.each(['a room that is lost', 'a session that is over'])(
  'of %s only the own unsent words stay, and can be read',
  async (what) => {
    const storage = open();
    await textOfTwo(storage);
    await storage.outbox.add(command('unsent'));
    await storage.drafts.put(chat, 'half a thought');
    await storage.drafts.addFile(chat, { id: 'plan', name: 'plan.txt', file: new Blob(['plan']) });
    const thread: DraftPlace = `${chat} ${'first' as CommandId}`;
    const sketch = { id: 'sketch', name: 'sketch.txt', file: new Blob(['sketch']) };
    await storage.drafts.put(thread, 'half an answer');
    await storage.drafts.addFile(thread, sketch);
    await storage.drafts.put(elsewhere, 'of another room');
    await storage.leases.add([6], []);
    if (what === 'a room that is lost') await storage.rooms.forget([text, chat], 9);
    else expect(await storage.keepOnlyUnsent()).toBe(7);
    const file = JSON.parse(await exported(storage)) as {
      texts: { words: string }[];
      commands: { data: unknown }[];
    };
    expect(file.texts.map(({ words }) => words)).toEqual(['also mine mine, unsent']);
    const kept = file.commands.map(({ data }) => data);
    expect(kept).toContainEqual({ text: 'unsent' });
    expect(await beside(storage)).toEqual(what === 'a room that is lost' ? [] : ['plan.txt: plan']);
    expect(await storage.drafts.get(elsewhere)).toBe('of another room');
    if (what === 'a room that is lost') {
      expect(kept).toContainEqual({ text: 'half a thought' });
      expect(kept).toContainEqual({ text: 'half an answer' });
      expect([await storage.drafts.get(thread), await storage.drafts.files(thread)]).toEqual(['', []]);
    } else {
      expect(await storage.drafts.get(chat)).toBe('half a thought');
      expect(await storage.drafts.get(thread)).toBe('half an answer');
      expect((await storage.drafts.files(thread)).map(({ name }) => name)).toEqual(['sketch.txt']);
      // Their clocks are not known any more.
      expect(await storage.leases.usable()).toEqual([]);
      expect(await storage.texts.pendingRooms()).toEqual([text]);
    }
    expect(await storage.rooms.all()).toEqual([]);
    // Not one letter of anybody else, in whatever store.
    const db = await openDB(name);
    for (const store of db.objectStoreNames)
      for (const value of (await db.getAll(store)) as unknown[]) {
        const bytes = typeof value === 'object' && value && 'bytes' in value ? value.bytes : null;
        const letters = bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : '';
        expect(letters + JSON.stringify(value)).not.toContain('secret');
      }
    db.close();
  },
);

test('what is kept to hand back goes with the backup, with age, and is bounded', async () => {
  const storage = open();
  const row = (cursor: number, at: number, bytes: Uint8Array, room = text) => ({
    room,
    cursor,
    seq: 0,
    by: ann,
    at,
    bytes,
    receipt: new Uint8Array(16).fill(cursor),
  });
  const held = async (until: number): Promise<number[]> => {
    const other = openStorage({ workspace: 'w' as WorkspaceId, member: ann, name });
    opened.push(other);
    await other.rooms.newEpoch(`epoch-${until}`, until);
    return (await other.journal.owed()).map(({ receipt }) => receipt[0]!);
  };
  for (const cursor of [1, 2, 3, 4])
    await storage.rooms.storeRows([row(cursor, cursor * 100, Uint8Array.of(0, 0))], cursor);
  await storage.journal.prune(1, 250);
  expect(await held(3)).toEqual([4]);
  expect(await held(0)).toEqual([4, 3]);
  const piece = new Uint8Array(journalBytes / 4);
  for (const cursor of [5, 6, 7, 8, 9])
    await storage.rooms.storeRows([row(cursor, 1_000, piece, 'w/scratch/u' as RoomId)], cursor);
  await storage.journal.prune(0, 0);
  const left = (await held(0)).slice(2);
  expect(left).toEqual([7, 8, 9]);
});

test('[S-10] of a room that was damaged on the relay, newer rows wait until what is missing has come', async () => {
  const storage = open();
  await storage.meta.write({ damaged: [text] });
  const row = {
    room: text,
    cursor: 9,
    seq: 3,
    by: ann,
    at: 1,
    bytes: Uint8Array.of(0, 0),
    receipt: new Uint8Array(16),
  };
  await storage.rooms.storeRows([{ ...row, seq: 0, cursor: 1 }], 1);
  expect((await storage.rooms.storeRows([row], 9)).gaps).toEqual([text]);
  expect((await storage.meta.read()).cursor).toBe(0);
});
