import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { decodeStates, encodeState, type SeenState } from '../../client/guest/awareness.ts';
import type { Outgoing } from '../../client/guest/contract.ts';
import { GuestEngine } from '../../client/guest/engine.ts';
import { linesOf, type MessageLine } from '../../client/guest/messages.ts';
import { LocalCopy } from '../../client/guest/store.ts';
import { systemTimers, type OpenSocket } from '../../client/data/sync/contract.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { newId, type CommandId, type DeviceId, type RoomId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import { member, startRig, type Rig, type TestDevice } from '../server/relay-rig.ts';

/** The guest's own device at a real relay; the conversation is one like any other to it. */
let rig: Rig;
let ann: TestDevice;
let room: RoomId;
const me = member('guest');
const copies: LocalCopy[] = [];
const pages: { stop(): void }[] = [];

beforeEach(async () => {
  rig = await startRig();
  await rig.people('ann', 'guest');
  ann = await rig.device('ann');
  room = rig.room('chat', newId());
  await ann.command(room, 'chat.create', { type: 'group', title: '', members: [me] });
});
afterEach(async () => {
  for (const page of pages.splice(0)) page.stop();
  for (const copy of copies.splice(0)) await copy.wipe();
  await rig.stop();
});

const until = (what: string, is: () => unknown): Promise<unknown> =>
  vi.waitUntil(is, { timeout: 10_000, interval: 10 }).catch((cause: unknown) => {
    throw new Error(`never: ${what}`, { cause });
  });

const newCopy = (): LocalCopy => {
  const copy = new LocalCopy(`copy-${newId()}`);
  copies.push(copy);
  return copy;
};

/** A page over a copy, with a cable that can be pulled out. */
function openPage(store: LocalCopy, upload: (hash: string) => Failure | null = () => null) {
  let isUp = true;
  const sockets = new Set<WebSocket>();
  const openSocket: OpenSocket = (events) => {
    const socket = new WebSocket(`${isUp ? rig.origin : 'ws://127.0.0.1:1'}/sync`, ['weft.token.guest']);
    sockets.add(socket);
    socket.on('open', () => events.opened());
    socket.on('message', (data: Buffer) => events.frame(new Uint8Array(data)));
    socket.on('error', () => undefined);
    socket.on('close', (code) => (sockets.delete(socket), events.closed(code)));
    return {
      send: (frame) => socket.readyState === WebSocket.OPEN && socket.send(frame),
      close: () => socket.close(),
    };
  };
  const page = {
    store,
    connection: 'offline',
    over: null as Failure | null,
    session: null as Failure | null,
    seen: [] as SeenState[],
    sent: [] as string[],
    async say(text: string, more: object = {}): Promise<CommandId> {
      const id = newId<CommandId>();
      await page.push({ id, type: 'chat.send', data: { text, ...more } });
      return id;
    },
    async push(command: Pick<Outgoing, 'id' | 'type' | 'data'>): Promise<void> {
      await store.push({ ...command, room, at: Date.now(), seq: null, failure: null });
      engine.wake();
    },
    async lines() {
      const [entries, outbox, { positions }] = await Promise.all([
        store.entries(room),
        store.outbox(),
        store.progress(room),
      ]);
      return linesOf({ me, entries, outbox, positions });
    },
    async messages(): Promise<readonly MessageLine[]> {
      return (await page.lines()).filter((line): line is MessageLine => line.kind === 'message');
    },
    texts: async () => (await page.messages()).map(({ text }) => text),
    cut() {
      isUp = false;
      for (const socket of sockets) socket.terminate();
    },
    mend() {
      isUp = true;
      engine.networkIsBack();
    },
    stop: () => engine.stop(),
    engine: null as unknown as GuestEngine,
  };
  const engine = new GuestEngine(
    {
      ...{ member: me, chat: room, device: newId<DeviceId>(), store, openSocket },
      ...{ timers: systemTimers, random: Math.random },
      upload: async ({ hash }) => {
        page.sent.push(hash);
        const refused = upload(hash);
        return refused ? { ok: false, error: refused } : ok(true);
      },
      isOver: async () => page.session,
    },
    {
      changed: () => undefined,
      connection: (is) => (page.connection = is),
      present: () => undefined,
      states: (states) => page.seen.push(...states),
      lost: () => undefined,
      sent: () => undefined,
      over: (why) => (page.over = why),
      failed: (error) => {
        throw error;
      },
    },
  );
  page.engine = engine;
  engine.start();
  pages.push(page);
  return page;
}

const shows = (page: ReturnType<typeof openPage>, texts: readonly string[]) =>
  until(`the page shows ${texts.join(', ')}`, async () => `${await page.texts()}` === `${texts}`);

const say = (text: string, more: object = {}) => ann.command(room, 'chat.send', { text, ...more });

test('a guest hears and is heard, and sees what was delivered and what was read', async () => {
  await say('Welcome');
  const page = openPage(newCopy());
  await shows(page, ['Welcome']);
  await page.say('Thank you');
  await until('it is delivered', async () => (await page.messages())[1]?.delivery === 'delivered');
  await say('Gladly');
  await shows(page, ['Welcome', 'Thank you', 'Gladly']);
  const { head } = await page.store.progress(room);
  await ann.command(rig.room('chat', room.split('/')[2]!, 'reads'), 'chat.read', { upTo: head - 1 });
  await until('it is read', async () => (await page.messages())[1]?.delivery === 'read');
});

test('what a guest has read is told to the company, also when they read it without a network', async () => {
  await say('Welcome');
  const page = openPage(newCopy());
  await shows(page, ['Welcome']);
  page.cut();
  const { head } = await page.store.progress(room);
  page.engine.read(room, head - 1);
  page.mend();
  await ann.row(rig.room('chat', room.split('/')[2]!, 'reads'), ({ by }) => by === me);
});

test('what was written without a network arrives once, in order, and stands there meanwhile', async () => {
  const page = openPage(newCopy());
  await until('it is connected', () => page.connection === 'online');
  page.cut();
  await until('it is cut off', () => page.connection === 'offline');
  const written = Array.from({ length: 12 }, (_, at) => `line ${at}`);
  for (const text of written) await page.say(text);
  expect(await page.texts()).toEqual(written);
  expect((await page.messages()).map(({ delivery }) => delivery)).toEqual(written.map(() => 'waiting'));
  page.mend();
  await until('all of it is there', async () =>
    (await page.messages()).every(({ delivery }) => delivery === 'delivered'),
  );
  expect(await page.texts()).toEqual(written);
  const entries = (await ann.pull({ room })).rooms[0]!;
  expect(entries.kind === 'log' && entries.head).toBe(13);
});

test('a connection that breaks at any moment neither loses nor doubles what is written', async () => {
  const page = openPage(newCopy());
  const written: string[] = [];
  for (let at = 0; at < 20; at += 1) {
    written.push(`line ${at}`);
    await page.say(`line ${at}`);
    if (at % 3 === 0) {
      page.cut();
      page.mend();
    }
  }
  await until('all of it is there', async () =>
    (await page.messages()).every(({ delivery }) => delivery === 'delivered'),
  );
  expect(await page.texts()).toEqual(written);
  expect(await page.store.outbox()).toEqual([]);
});

test('the copy of this device opens without a network and goes on where it stopped', async () => {
  const store = newCopy();
  const before = openPage(store);
  await say('One');
  await shows(before, ['One']);
  before.stop();
  await say('Two');
  const after = openPage(store);
  after.cut();
  expect(await after.texts()).toEqual(['One']);
  after.mend();
  await shows(after, ['One', 'Two']);
});

test('what the relay refuses stays with its reason, and what follows is sent', async () => {
  const page = openPage(newCopy());
  const refused = await page.say('x'.repeat(20_001));
  await page.say('shorter');
  await until('the second is delivered', async () =>
    (await page.messages()).some(({ text, delivery }) => text === 'shorter' && delivery === 'delivered'),
  );
  const [last] = (await page.messages()).filter(({ id }) => id === refused);
  expect(last).toMatchObject({ delivery: 'failed', failure: 'bad-request' });
});

test('a message that was taken back loses its words and files here too, also while nobody looked', async () => {
  const store = newCopy();
  const hash = 'a'.repeat(64);
  const files = [{ hash, name: 'plan.pdf', size: 3, type: 'application/pdf' }];
  const id = newId<CommandId>();
  await ann.command(room, 'chat.send', { text: 'secret', files }, id);
  const page = openPage(store);
  await shows(page, ['secret']);
  const bytes = new Blob(['pdf']);
  await store.keep({
    ...{ room, hash, type: '', name: '', size: 3, bytes },
    ...{ at: 1, pending: false, failure: null },
  });
  const [{ seq } = { seq: 0 }] = (await store.entries(room)).filter((entry) => entry.id === id);
  page.cut();
  await ann.command(room, 'chat.recall', { target: { seq, id } });
  page.mend();
  await until('it is gone', async () => (await page.messages())[0]?.recalled === true);
  expect(JSON.stringify(await store.entries(room))).not.toContain('secret');
  expect(await store.file(hash)).toBeNull();
});

test('of a long conversation the newest part comes at once, and the rest when it is asked for', async () => {
  const texts = Array.from({ length: 130 }, (_, at) => `line ${at}`);
  for (const text of texts) await say(text);
  const page = openPage(newCopy());
  await until('the newest is here', async () => (await page.texts()).at(-1) === 'line 129');
  const first = (await page.texts()).length;
  expect(first).toBeLessThan(130);
  expect((await page.store.progress(room)).complete).toBe(false);
  while (!(await page.store.progress(room)).complete) await page.engine.older();
  expect(await page.texts()).toEqual(texts);
});

test('files go after the words, and again until they are there; what is refused stays with its reason', async () => {
  const answers: (Failure | null)[] = [failure('too-large', 'too large'), null];
  const page = openPage(newCopy(), () => answers.shift() ?? null);
  const keep = (hash: string) =>
    page.store.keep({
      ...{ room, hash, type: '', name: 'a', size: 1, bytes: new Blob(['a']) },
      ...{ at: 1, pending: true, failure: null },
    });
  await keep('a'.repeat(64));
  await keep('b'.repeat(64));
  await page.say('here they are');
  await until('both were tried', () => page.sent.length === 2);
  await until('the second is there', async () => (await page.store.file('b'.repeat(64)))?.pending === false);
  expect((await page.store.file('a'.repeat(64)))?.failure?.code).toBe('too-large');
});

test('a relay that was restored is told own messages again, and none of them is there twice', async () => {
  const store = newCopy();
  const before = openPage(store);
  for (const text of ['one', 'two']) await before.say(text);
  await shows(before, ['one', 'two']);
  await until('nothing waits', async () => (await store.outbox()).length === 0);
  before.stop();
  await store.add(room, [], { epoch: 'an earlier one' });
  const after = openPage(store);
  await until('it knows the epoch', async () => (await store.progress(room)).epoch !== 'an earlier one');
  await until('nothing waits', async () => (await store.outbox()).length === 0);
  expect(await after.texts()).toEqual(['one', 'two']);
  const [content] = (await ann.pull({ room })).rooms;
  expect(content?.kind === 'log' && content.head).toBe(3);
});

test('the company sees that a guest is here and writes, and the guest sees the same of the company', async () => {
  const page = openPage(newCopy());
  ann.send({ type: 'watch', room });
  page.engine.show({ here: true, typing: true });
  const { bytes } = await ann.until('awareness', ({ bytes: told }) => decodeStates(told).length > 0);
  expect(decodeStates(bytes)).toMatchObject([{ member: 'guest', typing: true }]);
  const [client] = await ann.lease();
  ann.send({ type: 'awareness', room, bytes: encodeState(client!, 1, { typing: true }) });
  await until('the guest sees it', () =>
    page.seen.some(({ member: who, typing }) => who === 'ann' && typing),
  );
});

test('a session that ended stops the page', async () => {
  const page = openPage(newCopy());
  await until('it is connected', () => page.connection === 'online');
  page.session = failure('session-ended', 'ended');
  rig.revoke('guest');
  await until('the page knows', () => page.over?.code === 'session-ended');
});

test('a copy of before groups keeps what only this device has, and fetches what was said again', async () => {
  await say('Welcome');
  const name = `copy-${newId()}`;
  const old = await new Promise<IDBDatabase>((opened) => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
      const db = opening.result;
      db.createObjectStore('facts');
      db.createObjectStore('entries', { keyPath: 'seq' });
      db.createObjectStore('outbox', { autoIncrement: true }).createIndex('id', 'id');
      db.createObjectStore('files', { keyPath: 'hash' });
    };
    opening.onsuccess = () => opened(opening.result);
  });
  const tx = old.transaction(['facts', 'outbox'], 'readwrite');
  const facts = tx.objectStore('facts');
  facts.put({ chat: room }, 'session');
  facts.put('half a', 'draft');
  facts.put({ epoch: 'e', head: 9, readsHead: 0, positions: {}, complete: true }, 'progress');
  const data = { text: 'written before' };
  const command = { id: newId(), room, type: 'chat.send', data, at: 1, seq: null, failure: null };
  tx.objectStore('outbox').put(command);
  await new Promise((done) => (tx.oncomplete = done));
  old.close();
  const store = new LocalCopy(name);
  copies.push(store);
  expect(await store.fact(`draft ${room}`)).toBe('half a');
  await shows(openPage(store), ['Welcome', 'written before']);
});
