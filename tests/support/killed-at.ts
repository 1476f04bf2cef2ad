import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import * as Y from 'yjs';
import { crc32 } from '../../shared/base/bytes.ts';
import { newId, type CommandId, type DeviceId, type MemberId, type RoomId } from '../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../shared/protocol/codec.ts';
import type { ClientMessage, RelayMessage } from '../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import type { Connection, Link } from '../../server/relay/contract.ts';
import { createRelay } from '../../server/relay/relay.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import type { KillPoint } from './kill-points.ts';

/**
 * Run as a process: the real relay and store, and eight clients beside them that write without end and print what they
 * are told. At a point, for the n-th time, the process kills itself: relay and clients die together, and nobody is left
 * who could send anything again. Arguments: the database file, the point, n, and microseconds to wait where the point is
 * a longer piece of work.
 */
const [, , file = '', point = '', nth = '1', wait = '0'] = process.argv;
const clients = 8;
/** Of each client, not answered yet. */
const inFlight = 3;

/** Work that cannot be interrupted from inside is by another thread. */
const shared = new Int32Array(isMainThread ? new SharedArrayBuffer(4) : (workerData as SharedArrayBuffer));
const killSoon = (): void => {
  Atomics.store(shared, 0, 1);
  Atomics.notify(shared, 0);
};

function beKiller(): void {
  Atomics.wait(shared, 0, 0);
  const end = process.hrtime.bigint() + BigInt(wait) * 1_000n;
  while (process.hrtime.bigint() < end);
  process.kill(process.pid, 'SIGKILL');
}

let left = Number(nth);
const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
};
const isNow = (here: KillPoint): boolean => point === here && --left <= 0;
const at = (here: KillPoint): void => {
  if (isNow(here)) die();
};
const during = <T>(here: KillPoint, work: () => T): T => {
  if (!isNow(here)) return work();
  killSoon();
  work();
  for (;;);
};

/** All of it, before anything else happens. A pipe that is full says so by an error. */
function say(told: object): void {
  let rest = Buffer.from(`${JSON.stringify(told)}\n`);
  while (rest.length > 0)
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
}

function killable(store: RelayStore, writeBack: () => void): RelayStore {
  const { history } = store;
  const here = 'while history is kept';
  return {
    ...store,
    history: {
      ...history,
      addPart: (...part) => during(here, () => history.addPart(...part)),
      useCheckpoint: (...checkpoint) => during(here, () => history.useCheckpoint(...checkpoint)),
      index: (...written) => during(here, () => history.index(...written)),
    },
    commit(batch) {
      if (batch.rows.length === 0) return store.commit(batch);
      at('before the commit');
      const rows = store.commit({ ...batch, also: [...batch.also, () => at('inside the transaction')] });
      at('before the acknowledgement');
      return rows;
    },
    tidy() {
      if (point === 'while the log is written back') during(point, writeBack);
      else store.tidy();
    },
  };
}

/** One client: sends what it writes as frames, and prints what it is promised and shown. */
class Client {
  readonly #doc = new Y.Doc();
  readonly #rooms: { readonly pad: RoomId; readonly chat: RoomId };
  readonly #marks = new Map<number, string>();
  readonly #name: string;
  readonly #tellsRows: boolean;
  #connection!: Connection;
  #request = 0;
  #n = 0;

  constructor(name: string, pad: RoomId, chat: RoomId, tellsRows: boolean) {
    this.#name = name;
    this.#tellsRows = tellsRows;
    this.#rooms = { pad, chat };
  }

  connect(connect: (link: Link) => Connection): void {
    this.#connection = connect({
      buffered: 0,
      close: () => undefined,
      send: (messages) => {
        for (const message of messages) {
          const decoded = decodeRelayMessage(message);
          if (decoded.ok) this.#hear(decoded.value);
        }
      },
    });
    const hello = { version: protocolVersion, schema: schemaVersion, device: newId<DeviceId>() };
    this.#send({ type: 'hello', hello });
  }

  #send(message: ClientMessage): void {
    at('received');
    this.#connection.receive(encodeClientMessage(message));
    at('judged');
  }

  #hear(message: RelayMessage): void {
    if (message.type === 'welcome') {
      this.#n = message.welcome.lastCommand;
      setImmediate(() => this.#send({ type: 'lease', request: 0, count: 1 }));
    }
    if (message.type === 'leased') {
      this.#doc.clientID = message.ids[0]!;
      for (let i = 0; i < inFlight; i++) setImmediate(() => this.#write());
    }
    // All clients are shown the same.
    if (message.type === 'rows' && this.#tellsRows)
      for (const { cursor, bytes } of message.rows) say({ cursor, sum: crc32(bytes) });
    if (message.type === 'acked') {
      say({ mark: this.#marks.get(message.request) });
      at('after the acknowledgement');
      setImmediate(() => this.#write());
    }
    if (message.type === 'result' && message.result.ok) say({ command: message.result.id });
  }

  #write(): void {
    const request = ++this.#request;
    const mark = `[${this.#name}:${request}]`;
    this.#marks.set(request, mark);
    const text = this.#doc.getText('text');
    const before = Y.encodeStateVector(this.#doc);
    text.insert(text.length, mark);
    const bytes = Y.encodeStateAsUpdate(this.#doc, before);
    this.#send({ type: 'update', request, room: this.#rooms.pad, bytes });
    const id = newId<CommandId>();
    const command = { id, n: ++this.#n, room: this.#rooms.chat, type: 'chat.send', data: { text: mark } };
    this.#send({ type: 'command', command });
  }
}

async function write(): Promise<void> {
  const database = openDatabase(file, { durability: 'full' });
  const store = createSqliteStore(database, { syncsBeside: true });
  const writeBack = (): void => void database.pragma('wal_checkpoint(PASSIVE)');
  const relay = createRelay({ store: killable(store, writeBack), version: 'test' });
  const room = (name: string): RoomId => `${store.workspace}/${name}` as RoomId;
  const names = Array.from({ length: clients }, (_, i) => `person${i}`);
  const [first] = names as [MemberId];
  const [pad, chat] = [room('scratch/pad'), room('chat/team')];
  if (!relay.actor(first)) {
    for (const name of names) {
      const data = { member: name, name, email: `${name}@example.org`, role: 'owner' };
      await relay.appendFact(room('directory/main'), 'member.join', first, data);
    }
    const caller = { member: first, device: 'maker' as DeviceId, session: 's' };
    const data = { type: 'group', title: '', members: names.slice(1) };
    await relay.command(caller, { id: 'create' as CommandId, n: 1, room: chat, type: 'chat.create', data });
  }
  for (const name of names) {
    const caller = { member: name as MemberId, device: `${name}-phone` as DeviceId, session: name };
    const client = new Client(newId().slice(-6), pad, chat, name === first);
    client.connect((link) => relay.connectDevice(link, () => caller));
  }
}

if (!isMainThread) beKiller();
else {
  new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), workerData: shared.buffer });
  if (point === 'while the shape is changed')
    during(point, () => openDatabase(file, { durability: 'full' }).close());
  else await write();
}
