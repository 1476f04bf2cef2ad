import { beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { CommandId, DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../shared/protocol/codec.ts';
import type { ClientMessage, RelayMessage } from '../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import type { Caller, Connection, Relay } from '../../server/relay/contract.ts';
import { createCommitter } from '../../server/relay/commit.ts';
import { noLog, noMetrics } from '../../server/relay/metrics.ts';
import { createRelay } from '../../server/relay/relay.ts';
import { emptyBatch, type RelayStore, type WriteBatch } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { StorageError } from '../../server/storage/storage-error.ts';

const client = 2 ** 33;
const ada: Caller = { member: 'ada' as MemberId, device: 'ada-phone' as DeviceId, session: 'a' };
const ben: Caller = { member: 'ben' as MemberId, device: 'ben-phone' as DeviceId, session: 'b' };

/** The relay over a disk whose syncs, turns and timers are held in the hand. */
describe('a relay whose disk syncs beside it', () => {
  let relay: Relay;
  let store: RelayStore;
  let commits: WriteBatch[];
  let syncs: ((why: StorageError | null) => void)[];
  let turns: (() => void)[];
  let timers: (() => void)[];
  let now: number;
  let isFull: boolean;
  let pad: RoomId;
  let chat: RoomId;
  const doc = new Y.Doc();

  const run = (): void => {
    while (turns.length > 0) turns.shift()!();
  };

  class Device {
    readonly heard: RelayMessage[] = [];
    readonly #connection: Connection;

    constructor(caller: Caller) {
      const link = {
        buffered: 0,
        close: () => undefined,
        send: (messages: readonly Uint8Array[]): void => {
          for (const message of messages) {
            const decoded = decodeRelayMessage(message as Parameters<typeof decodeRelayMessage>[0]);
            if (decoded.ok) this.heard.push(decoded.value);
          }
        },
      };
      this.#connection = relay.connectDevice(link, () => caller);
      const hello = { version: protocolVersion, schema: schemaVersion, device: caller.device };
      this.send({ type: 'hello', hello });
      run();
      this.heard.length = 0;
    }

    send(message: ClientMessage): void {
      this.#connection.receive(encodeClientMessage(message));
    }

    /** Kinds of what was heard of rooms, in order, and forgets them. */
    kinds(): string[] {
      const kinds = this.heard.splice(0).map(({ type }) => type);
      return kinds.filter((kind) => kind !== 'presence');
    }
  }

  let writer: Device;
  let reader: Device;
  let request: number;
  let n: number;
  const type = (): void => {
    const before = Y.encodeStateVector(doc);
    doc.getText('t').insert(doc.getText('t').length, 'x');
    const bytes = Y.encodeStateAsUpdate(doc, before) as ReturnType<typeof encodeClientMessage>;
    writer.send({ type: 'update', request: ++request, room: pad, bytes });
  };
  const say = (): void => {
    const id = `says-${n}` as CommandId;
    writer.send({
      type: 'command',
      command: { id, n: n++, room: chat, type: 'chat.send', data: { text: 'x' } },
    });
  };

  beforeEach(async () => {
    const memory = createMemoryStore();
    [commits, syncs, turns, timers] = [[], [], [], []];
    [now, isFull, request, n] = [1_000_000, false, 0, 2];
    store = {
      ...memory,
      commit(batch) {
        if (isFull) throw new StorageError('disk', 'ENOSPC');
        commits.push(batch);
        return memory.commit(batch);
      },
      sync: (done) => void syncs.push(done),
    };
    relay = createRelay({
      store,
      version: 'test',
      clock: { now: () => now },
      defer: (turn) => void turns.push(turn),
      later: (_milliseconds, timer) => void timers.push(timer),
    });
    [pad, chat] = [`${store.workspace}/scratch/pad` as RoomId, `${store.workspace}/chat/team` as RoomId];
    const directory = `${store.workspace}/directory/main` as RoomId;
    for (const { member } of [ada, ben]) {
      const data = { member, name: member, email: '', role: 'owner' };
      const joined = relay.appendFact(directory, 'member.join', member, data);
      run();
      await joined;
    }
    const data = { type: 'group', title: '', members: ['ben'] };
    const made = relay.command(ada, { id: 'c' as CommandId, n: 1, room: chat, type: 'chat.create', data });
    run();
    await made;
    store.commit({ ...emptyBatch, leases: [{ client, member: ada.member, device: ada.device, at: 1 }] });
    doc.clientID = client;
    doc.getText('t').delete(0, doc.getText('t').length);
    [writer, reader] = [new Device(ada), new Device(ben)];
    const whole = Y.encodeStateAsUpdate(doc) as ReturnType<typeof encodeClientMessage>;
    writer.send({ type: 'update', request: 0, room: pad, bytes: whole });
    type();
    run();
    for (const done of syncs.splice(0)) done(null);
    run();
    for (const device of [writer, reader]) device.kinds();
    commits.length = 0;
    now += 1_000;
  });

  it('[U-1] shows a change of a text when it is written, and acknowledges it when it is synced', () => {
    type();
    run();
    expect(commits.map(({ syncLater }) => syncLater)).toEqual([true]);
    expect(reader.kinds()).toEqual(['rows']);
    expect(writer.kinds()).toEqual(['rows']);
    syncs.shift()!(null);
    run();
    expect(writer.kinds()).toEqual(['acked']);
  });

  it('[U-1] acknowledges what it had already only when that is synced', () => {
    type();
    run();
    const whole = Y.encodeStateAsUpdate(doc) as ReturnType<typeof encodeClientMessage>;
    writer.send({ type: 'update', request: 99, room: pad, bytes: whole });
    run();
    expect(writer.kinds()).toEqual(['rows']);
    syncs.shift()!(null);
    run();
    expect(writer.kinds()).toEqual(['acked']);
    now += 1_000;
    for (const timer of timers.splice(0)) timer();
    syncs.shift()!(null);
    run();
    expect(writer.kinds()).toEqual(['acked']);
  });

  it('has one sync on its way, which serves all who waited when it began', () => {
    type();
    run();
    for (let i = 0; i < 3; i++) {
      now += 1_000;
      type();
      run();
    }
    expect(syncs).toHaveLength(1);
    syncs.shift()!(null);
    run();
    expect(writer.kinds().filter((kind) => kind === 'acked')).toHaveLength(1);
    expect(syncs).toHaveLength(1);
    syncs.shift()!(null);
    run();
    expect(writer.kinds().filter((kind) => kind === 'acked')).toHaveLength(3);
  });

  it('[C-2] shows an entry only when it is durable, and with it all before it', () => {
    type();
    run();
    reader.kinds();
    type();
    say();
    run();
    expect(commits.map(({ syncLater = false }) => syncLater)).toEqual([true, false]);
    expect(writer.kinds()).toEqual(['rows', 'rows', 'acked', 'acked', 'result']);
    expect(reader.kinds()).toEqual(['rows']);
    syncs.shift()!(null);
    run();
    expect(writer.kinds()).toEqual([]);
  });

  it('shows who has a right, or an id, only when that is durable', () => {
    const fresh = new Y.Doc();
    fresh.getText('t').insert(0, 'x');
    const bytes = Y.encodeStateAsUpdate(fresh);
    const frame = Uint8Array.of(0, 2, bytes.length, ...bytes) as ReturnType<typeof encodeClientMessage>;
    const plain = relay.connectPlain(
      { buffered: 0, send: () => undefined, close: () => undefined },
      ben,
      pad,
    );
    if (!plain.ok) throw new Error(plain.error.code);
    plain.value.receive(frame);
    run();
    expect(commits.map(({ claims, syncLater = false }) => [claims.length, syncLater])).toEqual([[1, false]]);
    writer.send({ type: 'lease', request: 1, count: 1 });
    run();
    expect(commits.slice(1).every(({ syncLater = false }) => !syncLater)).toBe(true);
  });

  it('acknowledges nothing when the sync failed', () => {
    type();
    run();
    writer.kinds();
    syncs.shift()!(new StorageError('unsure', 'EIO'));
    run();
    expect(writer.kinds()).not.toContain('acked');
  });

  it('stands back with long work while somebody waits for the disk, and not for long', () => {
    const large = new Y.Doc();
    large.clientID = client;
    for (let i = 0; i < 6_000; i++) large.getText('t').insert(0, 'x');
    const bytes = Y.encodeStateAsUpdate(large) as ReturnType<typeof encodeClientMessage>;
    type();
    run();
    commits.length = 0;
    writer.send({ type: 'update', request: 98, room: `${store.workspace}/scratch/large` as RoomId, bytes });
    run();
    expect(commits).toEqual([]);
    // The disk stalls: a slice of the work each time, and whoever types in between waits for none of it.
    for (let i = 0; i < 2; i++) for (const timer of timers.splice(0)) timer();
    run();
    expect(commits).toEqual([]);
    type();
    run();
    expect(commits.map(({ rows }) => rows[0]?.room)).toEqual([pad]);
    syncs.shift()!(null);
    for (let i = 0; i < 50 && commits.length < 2; i++) {
      run();
      now += 1_000;
      for (const timer of timers.splice(0)) timer();
      for (const done of syncs.splice(0)) done(null);
    }
    expect(commits[1]?.rows[0]?.room).toBe(`${store.workspace}/scratch/large`);
  });

  it('answers whoever waits before it stops', async () => {
    type();
    run();
    writer.kinds();
    await relay.stop();
    expect(writer.kinds()).toContain('acked');
    expect(commits.at(-1)?.syncLater ?? false).toBe(false);
  });

  it('says nothing more of what waits when its disk is full at the end', async () => {
    type();
    run();
    writer.kinds();
    isFull = true;
    await relay.stop();
    expect(writer.kinds()).not.toContain('acked');
  });
});

describe('what waits for a disk that stalls', () => {
  it('is bounded: beyond that a commit waits for the disk itself, and answers all', () => {
    const memory = createMemoryStore();
    const commits: boolean[] = [];
    const syncs: ((why: StorageError | null) => void)[] = [];
    let turn = (): void => undefined;
    let answered = 0;
    const committer = createCommitter({
      store: {
        ...memory,
        commit(batch) {
          commits.push(batch.syncLater ?? false);
          return memory.commit(batch);
        },
        sync: (done) => void syncs.push(done),
      },
      metrics: noMetrics,
      log: noLog,
      defer: (run) => void (turn = run),
      later: () => undefined,
      now: () => 0,
      gathered: () => undefined,
      published: () => undefined,
      rolledBack: () => undefined,
      projected: () => undefined,
      settled: () => undefined,
    });
    const row = {
      room: `${memory.workspace}/scratch/pad` as RoomId,
      by: ada.member,
      device: ada.device,
      at: 1,
      bytes: new Uint8Array(1024 * 1024),
    };
    const write = (): void => {
      committer.enqueue({ row, isOfText: true, done: () => void answered++, failed: () => undefined });
      turn();
    };
    for (let i = 0; i < 64 && commits.at(-1) !== false; i++) write();
    expect(commits.at(-1)).toBe(false);
    expect(commits.length).toBeGreaterThan(20);
    expect(answered).toBe(commits.length);
    write();
    expect(commits.at(-1)).toBe(true);
    expect(syncs).toHaveLength(1);
  });
});
