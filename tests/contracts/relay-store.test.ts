import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32 } from '../../shared/base/bytes.ts';
import type { CommandId, DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { emptyBatch, type NewRow, type RelayStore, type WriteBatch } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';

interface Subject {
  readonly store: RelayStore;
  dispose(): void;
}

const subjects: Record<string, () => Subject> = {
  memory: () => {
    const store = createMemoryStore();
    return { store, dispose: () => store.close() };
  },
  sqlite: () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-store-'));
    const store = createSqliteStore(openDatabase(join(folder, 'weft.db'), { durability: 'process' }));
    return {
      store,
      dispose() {
        store.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

const room = (name: string): RoomId => `w/${name}` as RoomId;
const [ada, ben] = ['ada', 'ben'] as [MemberId, MemberId];
const phone = 'phone' as DeviceId;
const row = (name: string, bytes: Uint8Array = Uint8Array.of(1), by = ada): NewRow => ({
  room: room(name),
  by,
  device: phone,
  at: 5,
  bytes,
});
const batch = (parts: Partial<WriteBatch>): WriteBatch => ({ ...emptyBatch, ...parts });
const everyone = (...names: string[]) =>
  names.map((name) => ({ room: room(name), readers: 'everyone' as const }));
const settled = (id: string, n: number) => ({
  device: phone,
  n,
  at: 5,
  result: { id: id as CommandId, ok: true, seq: 1, cursor: 1 } as const,
});

describe.each(Object.entries(subjects))('the relay store in %s', (_name, open) => {
  let store: RelayStore;
  let dispose: () => void;
  beforeEach(() => ({ store, dispose } = open()));
  afterEach(() => dispose());

  it('puts other bytes in the place of what is taken back, and finds rows by their names', () => {
    const names = ['one', 'file'];
    const rows = [{ ...row('a'), names }, { ...row('a'), names: ['file'] }, row('b')];
    store.commit(batch({ rows }));
    store.saveBase(room('a'), 1, { last: 'one', says: 'words' });
    const empty = Uint8Array.of(0);
    const erasure = {
      room: room('a'),
      rows: [
        { seq: 0, bytes: empty, files: ['file'] },
        { seq: 2, bytes: empty, files: ['file'] },
      ],
      id: 'one',
      without: (state: unknown) => ({ ...(state as object), says: '' }),
    };
    const stored = store.commit(batch({ rows: [{ ...row('a'), names: ['file'] }], erasures: [erasure] }));
    expect(stored.map(({ seq, bytes }) => [seq, [...bytes]])).toEqual([[2, [0]]]);
    expect(
      store.rowsFrom(room('a'), 0, 9).map(({ cursor, seq, bytes }) => [cursor, seq, [...bytes]]),
    ).toEqual([
      [1, 0, [0]],
      [2, 1, [1]],
      [4, 2, [0]],
    ]);
    expect([store.naming(room('a'), 'one'), store.naming(room('a'), 'file')]).toEqual([[0], [1]]);
    expect([store.naming(room('b'), 'one'), store.naming(room('c'), 'one')]).toEqual([[], []]);
    expect(store.base(room('a'), 9)).toEqual({ seq: 1, state: { last: 'one', says: '' } });
  });

  it('gives rows cursors that rise by one, and seqs that rise within their room', () => {
    const first = store.commit(batch({ rows: [row('chat/1'), row('chat/10'), row('chat/1')] }));
    expect(first.map(({ room: of, cursor, seq }) => [of, cursor, seq])).toEqual([
      ['w/chat/1', 1, 0],
      ['w/chat/10', 2, 0],
      ['w/chat/1', 3, 1],
    ]);
    const [next] = store.commit(batch({ rows: [row('chat/10', Uint8Array.of(7), ben)] }));
    expect(next).toMatchObject({ cursor: 4, seq: 1, by: ben, at: 5 });
    expect(store.head()).toBe(4);
    expect(store.room(room('chat/10'))).toEqual({ room: 'w/chat/10', rows: 2, cursor: 4, by: ben, at: 5 });
    expect(store.room(room('chat/100'))).toBeNull();
  });

  it('keeps rooms with similar names apart', () => {
    store.commit(
      batch({
        rows: ['chat/1', 'chat/10', 'chat/1:reads', 'doc/1', 'chat/a_b', 'chat/aXb'].map((n) => row(n)),
      }),
    );
    for (const name of ['chat/1', 'chat/10', 'chat/1:reads', 'doc/1', 'chat/a_b', 'chat/aXb'])
      expect(store.rowsFrom(room(name), 0, 10)).toHaveLength(1);
    expect(store.rooms('w/chat/').map((head) => head.room)).toEqual([
      'w/chat/1',
      'w/chat/10',
      'w/chat/1:reads',
      'w/chat/aXb',
      'w/chat/a_b',
    ]);
    expect(store.rooms('w/chat/a_')).toHaveLength(1);
    expect(store.rooms('w/c')).toHaveLength(5);
    expect(store.rooms('x/')).toEqual([]);
  });

  it('reads rows after a cursor and from a seq, with their bytes', () => {
    const huge = new Uint8Array(3 * 1024 * 1024).map((_, i) => i % 251);
    store.commit(
      batch({ rows: [row('doc/1', Uint8Array.of()), row('doc/2'), row('doc/1', huge), row('doc/1')] }),
    );
    expect(store.rowsAfter(room('doc/1'), 1).map(({ cursor, seq }) => [cursor, seq])).toEqual([
      [3, 1],
      [4, 2],
    ]);
    expect(store.rowsAfter(room('doc/1'), 4)).toEqual([]);
    expect(store.rowsAfter(room('doc/1'), 0)).toHaveLength(3);
    expect(store.rowsFrom(room('doc/1'), 1, 1).map(({ seq }) => seq)).toEqual([1]);
    expect([...store.rowsFrom(room('doc/1'), 0, 1)[0]!.bytes]).toEqual([]);
    expect(Buffer.compare(store.rowsFrom(room('doc/1'), 1, 1)[0]!.bytes, huge)).toBe(0);
    expect(store.rowsAfter(room('doc/3'), 0)).toEqual([]);
  });

  it('lists rooms that changed, to those who may read them', () => {
    store.commit(
      batch({
        rows: [row('chat/1'), row('chat/10'), row('doc/1')],
        readers: [
          { room: room('chat/1'), readers: [ada] },
          { room: room('chat/10'), readers: [ada, ben] },
          ...everyone('doc/1', 'doc/empty'),
        ],
      }),
    );
    const names = (member: MemberId, since: number) =>
      store.changedRooms(member, since, 10).map((head) => [head.room, head.changed]);
    expect(names(ben, 0)).toEqual([
      ['w/chat/10', 2],
      ['w/doc/1', 3],
    ]);
    expect(names(ada, 1)).toContainEqual(['w/doc/1', 3]);
    expect(names('eve' as MemberId, 0)).toEqual([['w/doc/1', 3]]);
    expect(names(ben, 3)).toEqual([]);
    expect(store.changedRooms(ben, 0, Number.MAX_SAFE_INTEGER - 1)).toHaveLength(2);
  });

  it('lists a room again to whoever was let in since, and no more to whoever was taken out', () => {
    const share = (...readers: MemberId[]) => [{ room: room('chat/1'), readers }];
    store.commit(batch({ rows: [row('chat/1')], readers: share(ada) }));
    store.commit(batch({ rows: [row('doc/1')], readers: everyone('doc/1') }));
    expect(store.changedRooms(ben, 0, 9).map((head) => head.room)).toEqual(['w/doc/1']);
    store.commit(batch({ rows: [row('doc/1')], readers: share(ada, ben) }));
    const seen = store.changedRooms(ben, 2, 9).map((head) => [head.room, head.changed]);
    expect(new Map(seen as [string, number][])).toEqual(
      new Map([
        ['w/chat/1', 3],
        ['w/doc/1', 3],
      ]),
    );
    expect(store.changedRooms(ada, 2, 9).map((head) => head.room)).toEqual(['w/doc/1']);
    store.commit(batch({ rows: [row('doc/1')], readers: share(ada) }));
    expect(store.changedRooms(ben, 0, 9).map((head) => head.room)).toEqual(['w/doc/1']);
  });

  it('never splits rooms that became readable together when a list is cut', () => {
    const names = ['chat/1', 'chat/2', 'chat/3'];
    store.commit(
      batch({
        rows: names.map((n) => row(n)),
        readers: names.map((n) => ({ room: room(n), readers: [ada] })),
      }),
    );
    store.commit(
      batch({ rows: [row('x/1')], readers: names.map((n) => ({ room: room(n), readers: [ada, ben] })) }),
    );
    const got: string[] = [];
    let since = 3;
    for (let i = 0; i < 5; i++) {
      const list = store.changedRooms(ben, since, 1);
      got.push(...list.map((head) => head.room));
      since = list.at(-1)?.changed ?? since;
    }
    expect(got.sort()).toEqual(['w/chat/1', 'w/chat/2', 'w/chat/3']);
  });

  it('remembers how a command ended, and the highest number of a device', () => {
    store.commit(batch({ commands: [settled('a', 3), settled('b', 2)] }));
    expect(store.settled(phone, 'a')).toEqual({ id: 'a', ok: true, seq: 1, cursor: 1 });
    expect(store.settled('tablet' as DeviceId, 'a')).toBeNull();
    expect(store.lastCommand(phone)).toBe(3);
    expect(store.lastCommand('tablet' as DeviceId)).toBe(0);
  });

  it('holds leases and claims apart, up to 53 bits', () => {
    const client = 2 ** 53 - 1;
    store.commit(
      batch({
        leases: [{ client, member: ada, device: phone, at: 1 }],
        claims: [{ client: 7, room: room('scratch/1'), member: ben, at: 1 }],
      }),
    );
    expect(store.leaseHolder(client)).toEqual(expect.objectContaining({ member: ada, device: phone }));
    expect(store.leaseHolder(7)).toBeNull();
    expect(store.highestLease()).toBe(client);
    expect(store.claimHolder(7, room('scratch/1'))).toBe(ben);
    expect(store.claimHolder(7, room('scratch/10'))).toBeNull();
    expect([client, 7, 8].map((each) => store.isClientTaken(each))).toEqual([true, true, false]);
  });

  it.each<[string, () => Partial<WriteBatch>]>([
    ['a duplicate command', () => ({ commands: [settled('a', 9)] })],
    ['a lease of a leased id', () => ({ leases: [{ client: 2 ** 33, member: ben, device: phone, at: 1 }] })],
    [
      'what stands or falls with it',
      () => ({
        also: [
          () => {
            throw new Error('taken');
          },
        ],
      }),
    ],
  ])('stores nothing of a batch that fails by %s', (_why, failing) => {
    store.commit(
      batch({
        rows: [row('chat/1')],
        commands: [settled('a', 1)],
        leases: [{ client: 2 ** 33, member: ada, device: phone, at: 1 }],
        readers: everyone('chat/1'),
      }),
    );
    const broken = batch({
      rows: [row('chat/1'), row('chat/2')],
      readers: [{ room: room('chat/1'), readers: [] }],
      ...failing(),
    });
    expect(() => store.commit(broken)).toThrow();
    expect(store.head()).toBe(1);
    expect(store.room(room('chat/2'))).toBeNull();
    expect(store.changedRooms(ben, 0, 9)).toHaveLength(1);
    expect(store.lastCommand(phone)).toBe(1);
    const [next] = store.commit(batch({ rows: [row('chat/1')] }));
    expect(next).toMatchObject({ cursor: 2, seq: 1 });
  });

  it('says whose work in other rooms is not over, with what was stored of it', () => {
    const said = (room: RoomId, isOpen: boolean) => batch({ jobs: [{ room, isOpen }] });
    store.commit(batch({ ...said(room('handover/2'), true), rows: [row('handover/2')] }));
    store.commit(said(room('handover/1'), true));
    store.commit(said(room('handover/1'), true));
    expect(store.openJobs()).toEqual([room('handover/1'), room('handover/2')]);
    const fails = (): void => {
      throw new Error('taken');
    };
    expect(() => store.commit({ ...said(room('handover/2'), false), also: [fails] })).toThrow();
    store.commit(said(room('handover/1'), false));
    expect(store.openJobs()).toEqual([room('handover/2')]);
  });

  it('keeps snapshots and bases', () => {
    store.commit(batch({ rows: [row('doc/1')] }));
    const { history } = store;
    expect(store.snapshot(room('doc/1'))).toBeNull();
    const parts = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    parts.forEach((bytes, part) => history.addPart(room('doc/1'), 1, part, { bytes, sum: crc32(bytes) }));
    expect(store.snapshot(room('doc/1'))).toBeNull();
    const checkpoint = { seq: 0, cursor: 1, size: 3, parts: 2 };
    expect(history.useCheckpoint(room('doc/1'), checkpoint, null)).toBe(true);
    expect(store.snapshot(room('doc/1'))).toMatchObject({ cursor: 1 });
    expect([...store.snapshot(room('doc/1'))!.bytes]).toEqual([1, 2, 3]);
    store.saveBase(room('chat/1'), 256, { n: 1 });
    store.saveBase(room('chat/1'), 512, { n: 2 });
    expect(store.base(room('chat/1'), 255)).toBeNull();
    expect(store.base(room('chat/1'), 511)).toEqual({ seq: 256, state: { n: 1 } });
    expect(store.base(room('chat/1'), Number.MAX_SAFE_INTEGER)).toEqual({ seq: 512, state: { n: 2 } });
    expect(store.base(room('chat/10'), 512)).toBeNull();
  });

  it('finds what changed among ten thousand rooms without looking at all of them', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => row(`doc/${i}`));
    store.commit(
      batch({ rows, readers: rows.map((each) => ({ room: each.room, readers: 'everyone' as const })) }),
    );
    store.commit(batch({ rows: [row('doc/5'), row('doc/77')] }));
    const started = performance.now();
    for (let i = 0; i < 20; i++) expect(store.changedRooms(ben, 10_000, 5_000)).toHaveLength(2);
    // Generous for a busy machine; a scan of the readers of all rooms takes several times this.
    expect(performance.now() - started).toBeLessThan(400);
  });

  it('says that it cannot be reached once it is closed', () => {
    store.probe(1);
    store.close();
    expect(() => store.probe(2)).toThrow();
  });
});
