import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../shared/base/bytes.ts';
import type { CommandId, RoomId } from '../../shared/base/ids.ts';
import { decodeClientMessage, encodeClientMessage } from '../../shared/protocol/codec.ts';
import type { ClientMessage } from '../../shared/protocol/messages.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import type { Caller, Connection, Link, Relay } from '../../server/relay/contract.ts';
import { createRelay } from '../../server/relay/relay.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { StorageError } from '../../server/storage/storage-error.ts';
import { device, member, typing } from './relay-rig.ts';

const diskError = (): never => {
  throw new StorageError('disk', 'SQLITE_IOERR');
};

const caller = (name: string): Caller => ({ member: member(name), device: device(name), session: name });

/** A socket without a network. */
class TestLink implements Link {
  readonly messages: Bytes[] = [];
  closed: string | null = null;
  buffered = 0;

  send(messages: readonly Bytes[]): void {
    this.messages.push(...messages);
  }
  close(code: string): void {
    this.closed = code;
  }
}

/** A relay whose turns of the loop are ended by the test. */
async function startRelay(store: RelayStore = createMemoryStore(), isNew = true) {
  let due: (() => void)[] = [];
  let timers: (() => void)[] = [];
  const defer = (run: () => void): void => void due.push(run);
  const later = (_milliseconds: number, run: () => void): void => void timers.push(run);
  const relay = createRelay({ store, version: 'test', defer, later });
  const room = (kind: string, id: string): RoomId => roomId(store.workspace, kind, id);
  for (const name of isNew ? ['ada', 'ben', 'cyd'] : []) {
    const role = name === 'ada' ? 'owner' : 'member';
    const data = { member: name, name, email: `${name}@example.org`, role };
    await relay.appendFact(room('directory', 'main'), 'member.join', member(name), data);
  }
  /** One turn of the loop; false when nothing was left to do. */
  const turn = (): boolean => {
    const runs = due;
    due = [];
    for (const run of runs) run();
    return runs.length > 0;
  };
  const settle = (): void => {
    while (turn());
  };
  /** Everything that waits for a time of its own. */
  const pass = (): void => {
    const runs = timers;
    timers = [];
    for (const run of runs) run();
    settle();
  };
  return { relay, store, room, turn, settle, pass };
}

function plain(relay: Relay, name: string, room: RoomId): { link: TestLink; connection: Connection } {
  const link = new TestLink();
  const connected = relay.connectPlain(link, caller(name), room);
  if (!connected.ok) throw new Error(connected.error.message);
  return { link, connection: connected.value };
}

const say = (message: ClientMessage): Bytes => encodeClientMessage(message);

function deviceOf(relay: Relay, name: string): { link: TestLink; connection: Connection } {
  const link = new TestLink();
  const connection = relay.connectDevice(link, () => caller(name));
  const hello = { version: protocolVersion, schema: schemaVersion, device: device(name) };
  connection.receive(say({ type: 'hello', hello }));
  return { link, connection };
}

/** A message of the sync protocol of y-websocket. */
function syncMessage(step: 0 | 1 | 2, bytes: Uint8Array): Bytes {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  encoding.writeVarUint(encoder, step);
  encoding.writeVarUint8Array(encoder, bytes);
  return encoding.toUint8Array(encoder) as Bytes;
}

/** What such a message carries. */
function syncBytes(message: Uint8Array): Uint8Array {
  const decoder = decoding.createDecoder(message);
  decoding.readVarUint(decoder);
  decoding.readVarUint(decoder);
  return decoding.readVarUint8Array(decoder);
}

const chatCreate = (room: RoomId) => ({
  id: 'create' as CommandId,
  n: 1,
  room,
  type: 'chat.create',
  data: { type: 'group', title: 'Team', members: ['ben'] },
});

describe('a disk that fails in the middle of one update', () => {
  it('leaves nothing in memory that is not stored, and acknowledges nothing because of it', async () => {
    const inner = createMemoryStore();
    let asked = 0;
    const { relay, store, room, settle } = await startRelay({
      ...inner,
      // Asked once before the update is applied, and once more for what is stored with it.
      claimHolder: (client, of) => (++asked === 2 ? diskError() : inner.claimHolder(client, of)),
    });
    const pad = room('scratch', 'pad');
    const ada = plain(relay, 'ada', pad);
    const mine = typing(77);
    mine.text.insert(0, 'typed once');
    const update = mine.take();
    ada.connection.receive(syncMessage(2, update));
    settle();
    expect(ada.link.closed).toBe('storage-failed');
    expect(relay.text(pad)).toEqual(createRelay({ store, version: 'test' }).text(pad));

    const again = plain(relay, 'ada', pad);
    again.connection.receive(syncMessage(2, update));
    settle();
    expect(again.link.closed).toBeNull();
    expect(createRelay({ store, version: 'test' }).text(pad)).toEqual(Y.encodeStateAsUpdate(mine.doc));
  });
});

describe('a right that the disk refuses', () => {
  const withRefusal = async () => {
    let full = false;
    const store = createMemoryStore({ beforeCommit: () => void (full && diskError()) });
    const world = await startRelay(store);
    const chat = world.room('chat', 'team');
    return { ...world, chat, fill: (now: boolean) => void (full = now) };
  };

  it('opens no plain socket that goes on being told', async () => {
    const { relay, chat, settle, fill } = await withRefusal();
    fill(true);
    const refused = relay.command(caller('ada'), chatCreate(chat));
    const connected = relay.connectPlain(new TestLink(), caller('ben'), chat);
    settle();
    expect(await refused).toMatchObject({ ok: false, code: 'storage-failed' });
    expect(connected.ok).toBe(false);
  });

  it('shows no carets', async () => {
    const { relay, chat, settle, fill } = await withRefusal();
    const ben = deviceOf(relay, 'ben');
    fill(true);
    const refused = relay.command(caller('ada'), chatCreate(chat));
    ben.connection.receive(say({ type: 'watch', room: chat }));
    settle();
    expect(await refused).toMatchObject({ ok: false });
    fill(false);
    const others = { ...chatCreate(chat), data: { type: 'group', title: 'Others', members: ['cyd'] } };
    const created = relay.command(caller('ada'), others);
    settle();
    expect(await created).toMatchObject({ ok: true });
    ben.link.messages.length = 0;
    const encoder = encoding.createEncoder();
    for (const number of [1, 7, 1]) encoding.writeVarUint(encoder, number);
    encoding.writeVarString(encoder, '{"at":1}');
    const states = encoding.createEncoder();
    encoding.writeVarUint(states, 1);
    encoding.writeVarUint8Array(states, encoding.toUint8Array(encoder));
    plain(relay, 'ada', chat).connection.receive(encoding.toUint8Array(states) as Bytes);
    settle();
    expect(ben.link.messages).toEqual([]);
  });

  it('reads nothing over HTTP', async () => {
    const { relay, chat, settle, fill } = await withRefusal();
    fill(true);
    const refused = relay.command(caller('ada'), chatCreate(chat));
    expect(relay.mayRead(member('ben'), chat).ok).toBe(false);
    settle();
    expect(await refused).toMatchObject({ ok: false });
  });
});

/** Milliseconds of processor time that the longest of these took. */
function longest(works: readonly (() => void)[]): number {
  return Math.max(
    ...works.map((work) => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    }),
  );
}

/** A state vector that names many clients. */
function vectorOf(clients: number): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, clients);
  for (let client = 1; client <= clients; client++) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, 1);
  }
  return encoding.toUint8Array(encoder);
}

describe('messages that are long to read', () => {
  it('a state vector of two million clients is read in slices, and answered', async () => {
    const { relay, room, turn, settle } = await startRelay();
    const pad = room('scratch', 'pad');
    const ada = plain(relay, 'ada', pad);
    const mine = typing(2_000_000_000);
    mine.text.insert(0, 'here');
    ada.connection.receive(syncMessage(2, mine.take()));
    settle();
    // Once before it counts: a function that was never called is slow.
    ada.connection.receive(syncMessage(0, vectorOf(500_000)));
    settle();
    const message = syncMessage(0, vectorOf(2_000_000));
    ada.link.messages.length = 0;
    let took = longest([() => ada.connection.receive(message)]);
    let turns = 0;
    for (let goesOn = true; goesOn; turns++) took = Math.max(took, longest([() => (goesOn = turn())]));
    expect(turns).toBeGreaterThan(10);
    expect(took).toBeLessThan(50);
    expect(ada.link.messages).toEqual([syncMessage(1, Y.encodeStateAsUpdate(mine.doc))]);
  });

  it('a large document that nobody has open is read in slices', async () => {
    const { relay, store, room, settle } = await startRelay();
    const pad = room('scratch', 'pad');
    const ada = plain(relay, 'ada', pad);
    const mine = typing(77);
    mine.doc.transact(() => {
      for (let i = 0; i < 20_000; i++) mine.doc.getMap('m').set(`key ${i}`, i);
    });
    const all = mine.take();
    ada.connection.receive(syncMessage(2, all));
    settle();
    const cold = await startRelay(store, false);
    let read: Uint8Array | null = null;
    let took = longest([
      () =>
        void cold.relay.textInSlices(pad).then((answer) => {
          if (answer.ok) read = answer.value;
        }),
    ]);
    let turns = 0;
    for (let goesOn = true; goesOn; turns++) took = Math.max(took, longest([() => (goesOn = cold.turn())]));
    await Promise.resolve();
    expect(Buffer.compare(read!, all)).toBe(0);
    expect(turns).toBeGreaterThan(5);
    expect(took).toBeLessThan(50);
  });

  it('[P-5] a state vector that is none ends the connection, also where it is seen late', async () => {
    const { relay, room, settle } = await startRelay();
    const ada = plain(relay, 'ada', room('scratch', 'pad'));
    const cut = vectorOf(500_000);
    ada.connection.receive(syncMessage(0, cut.subarray(0, cut.length - 1)));
    expect(ada.link.closed).toBeNull();
    settle();
    expect(ada.link.closed).toBe('bad-frame');
  });

  it('[F-6] [C-7] JSON and lists beyond every bound are not read', async () => {
    const { relay, room } = await startRelay();
    const pad = room('scratch', 'pad');
    const many = <T>(count: number, each: T): T[] => new Array<T>(count).fill(each);
    const receipt = new Uint8Array(16);
    const row = { room: pad, seq: 0, by: member('ada'), at: 0, bytes: new Uint8Array() as Bytes, receipt };
    const messages: ClientMessage[] = [
      { type: 'command', command: { ...chatCreate(pad), data: many(4_900_000, 0) } },
      { type: 'pull', request: 1, wants: many(250_000, { room: pad, cursor: 0, have: 0 }) },
      { type: 'handback', request: 1, rows: many(150_000, row) },
      { type: 'reclaim', request: 1, leases: many(500_000, { id: 2 ** 33, receipt }) },
    ];
    for (const message of messages) {
      const ada = deviceOf(relay, 'ada');
      const frame = say(message);
      expect(frame.length).toBeGreaterThan(8e6);
      const took = longest([() => ada.connection.receive(frame)]);
      expect(ada.link.closed, message.type).toBe('bad-frame');
      // Its checksum is still computed.
      expect(took, message.type).toBeLessThan(50);
    }
    expect(
      decodeClientMessage(say({ type: 'reclaim', request: 1, leases: many(10_000, { id: 1, receipt }) })).ok,
    ).toBe(true);
    const large = { ...chatCreate(pad), data: 'x'.repeat(3 * limits.command) };
    expect(decodeClientMessage(say({ type: 'command', command: large })).ok).toBe(true);
  });
});

describe('many rooms at once', () => {
  it('[U-14] large texts that nobody has open are read some at a time, whoever opens how many', async () => {
    const inner = createMemoryStore();
    const first = await startRelay(inner);
    const leased = first.relay.lease(caller('ada'), 1);
    first.settle();
    const mine = typing((await leased)[0]!);
    mine.doc.transact(() => {
      for (let i = 0; i < 20_000; i++) mine.text.insert((i * 7919) % (i + 1), 'x');
    });
    const bytes = mine.take();
    const rooms = Array.from({ length: 12 }, (_, i) => first.room('scratch', `large-${i}`));
    for (const room of rooms) {
      const answer = first.relay.update(caller('ada'), room, bytes);
      first.settle();
      expect(await answer).toMatchObject({ ok: true });
    }
    const halfRead = new Set<RoomId>();
    const { relay, turn } = await startRelay(
      {
        ...inner,
        rowsAfter(room, cursor) {
          halfRead.add(room);
          return inner.rowsAfter(room, cursor);
        },
      },
      false,
    );
    const opened = rooms.map((room) => ({ room, ...plain(relay, 'ben', room) }));
    let most = 0;
    do {
      for (const { room, link } of opened) if (link.messages.length > 0) halfRead.delete(room);
      most = Math.max(most, halfRead.size);
    } while (turn());
    expect(opened.map(({ link }) => link.messages.length)).toEqual(rooms.map(() => 1));
    expect(most).toBeGreaterThan(1);
    // And one that is read, whose answer leaves at the end of the turn.
    expect(most).toBeLessThanOrEqual(4 + 1);
  });
});

describe('a long log', () => {
  const entries = 2_050;
  const withChat = async (store?: RelayStore) => {
    const world = await startRelay(store);
    const chat = world.room('chat', 'long');
    const ada = { ...caller('ada') };
    const all = [world.relay.command(ada, chatCreate(chat))];
    for (let n = 2; n <= entries; n++)
      all.push(
        world.relay.command(ada, {
          id: `say-${n}` as CommandId,
          n,
          room: chat,
          type: 'chat.send',
          data: { text: `number ${n}` },
        }),
      );
    world.settle();
    expect((await Promise.all(all)).every(({ ok }) => ok)).toBe(true);
    return { ...world, chat };
  };
  const nothing = Uint8Array.of(0);

  it('[P-7] is told to a plain client a little in each turn, however often and however many ask', async () => {
    const inner = createMemoryStore();
    let read = 0;
    const { relay, chat, turn, settle } = await withChat({
      ...inner,
      rowsFrom(room, seq, limit) {
        const rows = inner.rowsFrom(room, seq, limit);
        read += rows.length;
        return rows;
      },
    });
    const clients = Array.from({ length: 5 }, () => plain(relay, 'ben', chat));
    settle();
    for (const { link } of clients) link.messages.length = 0;
    for (const { connection } of clients)
      for (let i = 0; i < 100; i++) connection.receive(syncMessage(0, nothing));
    let most = 0;
    for (read = 0; turn(); read = 0) most = Math.max(most, read);
    expect(most).toBeLessThanOrEqual(100);
    for (const { link } of clients) {
      const doc = new Y.Doc();
      // Twice: the answer, and one more for all that was asked meanwhile.
      expect(link.messages.length).toBe(2 * Math.ceil(entries / 100));
      for (const message of link.messages) Y.applyUpdate(doc, syncBytes(message));
      expect(doc.getArray('log').length).toBe(entries);
      expect(link.messages.at(-1)![1]).toBe(1);
    }
  });

  it('[P-7] waits for a plain client that does not read, and leaves one that is gone', async () => {
    const { relay, chat, settle, pass } = await withChat();
    const clients = [plain(relay, 'ben', chat), plain(relay, 'ben', chat)] as const;
    settle();
    for (const { link, connection } of clients) {
      link.messages.length = 0;
      connection.receive(syncMessage(0, nothing));
      link.buffered = 2 * 1024 * 1024;
    }
    settle();
    pass();
    expect(clients.map(({ link }) => link.messages.length)).toEqual([1, 1]);
    clients[1].connection.gone();
    for (const { link } of clients) link.buffered = 0;
    pass();
    expect(clients.map(({ link }) => link.messages.length)).toEqual([Math.ceil(entries / 100), 1]);
  });

  it('is looked through for versions by one after the other', async () => {
    const inner = createMemoryStore();
    let pages = 0;
    const { relay, chat, turn } = await withChat({
      ...inner,
      history: {
        ...inner.history,
        momentsBefore(...asked) {
          pages++;
          return inner.history.momentsBefore(...asked);
        },
      },
    });
    let answered = 0;
    for (let i = 0; i < 50; i++)
      void relay.history.versions(chat, Number.MAX_SAFE_INTEGER, 10, 0).then(() => answered++);
    let most = 0;
    while (answered < 50) {
      pages = 0;
      turn();
      await new Promise((done) => setImmediate(done));
      most = Math.max(most, pages);
    }
    expect(most).toBe(1);
  });
});
