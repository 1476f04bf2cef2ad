import * as Y from 'yjs';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import type { Command } from '../../shared/protocol/messages.ts';
import { RawDevice } from '../support/raw-device.ts';
import { startRelay, until, type RelayProcess } from '../support/relay-process.ts';
import { signIn, type SignedIn } from '../support/sign-in.ts';
import { median, milliseconds, percentile, type Figure } from './measure.ts';

/** Every bench gets its own relay on an empty folder, in a process of its own. */
export async function withRelay(
  work: (relay: RelayProcess, admin: SignedIn) => Promise<Figure[]>,
): Promise<Figure[]> {
  const relay = await startRelay({ env: { WEFT_LOG: 'warn' } });
  try {
    return await work(relay, await signIn(relay.address));
  } finally {
    await relay.stop();
  }
}

async function device(relay: RelayProcess, who: SignedIn): Promise<RawDevice> {
  const raw = new RawDevice();
  await raw.connect(relay.address, who.token);
  return raw;
}

/** A device that types one character per update into a scratch text. */
class Typist {
  readonly raw: RawDevice;
  readonly room: RoomId;
  readonly #doc = new Y.Doc();
  sent = 0;

  constructor(raw: RawDevice, room: RoomId, client: number) {
    this.raw = raw;
    this.room = room;
    this.#doc.clientID = client;
  }

  static async start(relay: RelayProcess, who: SignedIn, room: RoomId): Promise<Typist> {
    const raw = await device(relay, who);
    return new Typist(raw, room, (await raw.lease())[0]!);
  }

  get unanswered(): number {
    return this.sent - this.raw.acked.size;
  }

  type(): number {
    const text = this.#doc.getText('t');
    let bytes: Uint8Array | undefined;
    this.#doc.once('update', (update: Uint8Array) => (bytes = update));
    text.insert(text.length, 'x');
    const request = ++this.sent;
    this.raw.send({ type: 'update', request, room: this.room, bytes: bytes! });
    return request;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Keeps `window` updates of every typist on their way for `seconds`; updates acknowledged per second. */
async function saturate(typists: readonly Typist[], window: number, seconds: number): Promise<number> {
  const start = performance.now();
  while (performance.now() - start < seconds * 1_000) {
    for (const typist of typists) while (typist.unanswered < window) typist.type();
    await turn();
  }
  const acked = typists.reduce((sum, typist) => sum + typist.raw.acked.size, 0);
  const rate = acked / ((performance.now() - start) / 1_000);
  await until('all are answered', () => typists.every((typist) => typist.unanswered === 0), 30_000);
  return rate;
}

export const durableUpdates = (): Promise<Figure[]> =>
  withRelay(async (relay, admin) => {
    const rooms = Array.from({ length: 8 }, (_, i) => `${admin.workspace.id}/scratch/bench${i}` as RoomId);
    const typists = await Promise.all(rooms.map((room) => Typist.start(relay, admin, room)));
    const rate = await saturate(typists, 32, 4);
    const [first] = typists;
    const latencies: number[] = [];
    const start = performance.now();
    const sentAt = new Map<number, number>();
    let next = 0;
    while (performance.now() - start < 4_000) {
      for (; next < (performance.now() - start) / 5; next++) sentAt.set(first!.type(), performance.now());
      await turn();
      for (const [request, at] of sentAt)
        if (first!.raw.acked.has(request)) {
          latencies.push(performance.now() - at);
          sentAt.delete(request);
        }
    }
    return [
      {
        name: 'durable updates',
        value: rate,
        unit: '/s',
        how: '8 devices, 8 rooms, 32 unanswered each, fsync per group',
      },
      {
        name: 'acknowledged at 200/s, p50',
        value: median(latencies),
        unit: 'ms',
        how: 'one device, from sending to durable',
      },
      { name: 'acknowledged at 200/s, p99', value: percentile(latencies, 0.99), unit: 'ms', how: 'the same' },
    ];
  });

export const fanOut = (): Promise<Figure[]> =>
  withRelay(async (relay, admin) => {
    const room = `${admin.workspace.id}/scratch/fan` as RoomId;
    const readers = await Promise.all(Array.from({ length: 50 }, () => device(relay, admin)));
    const typist = await Typist.start(relay, admin, room);
    const seconds = 4;
    const start = performance.now();
    await saturate([typist], 64, seconds);
    const delivered = (): number => readers.reduce((sum, reader) => sum + reader.rows.length, 0);
    await until('everybody has everything', () => delivered() === typist.sent * readers.length, 60_000);
    const rate = delivered() / ((performance.now() - start) / 1_000);
    return [
      {
        name: 'fan-out',
        value: rate,
        unit: 'deliveries/s',
        how: '1 writer, 50 readers in this process, 64 unanswered',
      },
    ];
  });

export const coldOpen = (): Promise<Figure[]> =>
  withRelay(async (relay, admin) => {
    const room = `${admin.workspace.id}/scratch/large` as RoomId;
    const writer = await device(relay, admin);
    const doc = new Y.Doc();
    doc.clientID = (await writer.lease())[0]!;
    const text = doc.getText('t');
    const bytesOf = (change: () => void): Uint8Array => {
      const before = Y.encodeStateVector(doc);
      doc.transact(change);
      return Y.encodeStateAsUpdate(doc, before);
    };
    // Written from top to bottom, with every tenth insertion somewhere in what is there: years of editing.
    const updates = 400;
    for (let request = 1; request <= updates; request++) {
      const bytes = bytesOf(() => {
        for (let i = 0; i < 500; i++) {
          const end = text.length;
          text.insert(i % 10 === 0 ? (i * 7919 + request * 31) % (end + 1) : end, 'word ');
        }
      });
      writer.send({ type: 'update', request, room, bytes });
      await until('few are unanswered', () => writer.acked.size > request - 32);
    }
    await until('all are answered', () => writer.acked.size === updates, 60_000);
    await relay.restart();
    const size = Y.encodeStateAsUpdate(doc).length;
    const reader = await device(relay, admin);
    const opened = new Y.Doc();
    const fetched = await milliseconds(async () => {
      for (const content of (await reader.pull(room)).rooms)
        if (content.kind === 'text') for (const update of content.updates) Y.applyUpdate(opened, update);
    });
    if (opened.getText('t').length !== text.length) throw new Error('the document arrived incomplete');
    const how = `${updates * 500} inserts, ${(size / 1e6).toFixed(1)} MB, relay just started, from asking to a Y.Doc`;
    return [{ name: 'cold open', value: fetched, unit: 'ms', how }];
  });

async function residentBytes(relay: RelayProcess): Promise<number> {
  const metrics = await (await fetch(`${relay.address}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]);
}

export const memory = (): Promise<Figure[]> =>
  withRelay(async (relay, admin) => {
    const count = 1_000;
    const before = await residentBytes(relay);
    const sockets: RawDevice[] = [];
    for (let i = 0; i < count; i += 50)
      sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => device(relay, admin)))));
    const after = await residentBytes(relay);
    for (const socket of sockets) socket.close();
    return [
      { name: 'memory, empty', value: before / 1e6, unit: 'MB', how: 'relay just started, nobody connected' },
      {
        name: 'memory per connection',
        value: (after - before) / count / 1e3,
        unit: 'kB',
        how: `${count} devices said hello and are idle`,
      },
    ];
  });

export const catchUp = (): Promise<Figure[]> =>
  withRelay(async (relay, admin) => {
    const count = 500;
    const writer = await device(relay, admin);
    let n = 0;
    const send = async (room: RoomId, type: string, data: unknown): Promise<void> => {
      const command: Command = { id: newId<CommandId>(), n: ++n, room, type, data };
      writer.send({ type: 'command', command });
      if (n % 100 === 0) await until('answered', () => writer.results.has(command.id));
    };
    for (let i = 0; i < count; i++) {
      const room = `${admin.workspace.id}/chat/${newId()}` as RoomId;
      await send(room, 'chat.create', { type: 'group', title: `Group ${i}`, members: [admin.member.id] });
      for (let message = 0; message < 4; message++)
        await send(room, 'chat.send', { text: `message ${message}` });
    }
    await until('all are answered', () => writer.results.size === n, 30_000);
    const reader = await device(relay, admin);
    let trips = 0;
    const took = await milliseconds(async () => {
      const listed = reader.next('changed');
      reader.send({ type: 'changes', request: 1, since: 0 });
      trips++;
      let missing = (await listed).changed.rooms.map(({ room }) => room);
      while (missing.length > 0) {
        const wants = missing.slice(0, 200).map((room) => ({ room, cursor: 0, have: 0 }));
        const answer = reader.next('batch');
        reader.send({ type: 'pull', request: ++trips, wants });
        const got = new Set((await answer).rooms.map(({ room }) => room));
        if (got.size === 0) throw new Error('the relay answered with nothing');
        missing = missing.filter((room) => !got.has(room));
      }
    });
    return [
      {
        name: 'catch up 500 rooms',
        value: took,
        unit: 'ms',
        how: '5 entries each, from asking to the last byte',
      },
      {
        name: 'catch up 500 rooms',
        value: trips,
        unit: 'round trips',
        how: 'one list, then batches, on one socket',
      },
    ];
  });
