import { spawnSync } from 'node:child_process';
import fs, { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommandId, DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { emptyBatch, type RelayStore } from '../../server/storage/contract.ts';
import { whenUnsure } from '../../server/storage/sqlite/guard.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { syncedMark } from '../../server/storage/sqlite/wal.ts';
import { StorageError } from '../../server/storage/storage-error.ts';

const room = 'w/doc/1' as RoomId;
const row = {
  room,
  by: 'ada' as MemberId,
  device: 'phone' as DeviceId,
  at: 1,
  bytes: new TextEncoder().encode('a line that can be found'),
};

const reasonOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof StorageError ? error.reason : String(error);
  }
};

describe('the database file', () => {
  let folder: string;
  let file: string;
  const open = () => openDatabase(file, { durability: 'full' });
  /** As a plain program would, without our sums. */
  const tamper = (...statements: string[]): void => {
    const raw = new Database(file);
    raw.pragma('foreign_keys = OFF');
    for (const sql of statements) raw.exec(sql);
    raw.close();
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weft-file-'));
    file = join(folder, 'weft.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is the same after it was closed and opened', () => {
    const first = createSqliteStore(open());
    first.commit({ ...emptyBatch, rows: [row] });
    const { workspace, epoch } = first;
    first.close();
    const second = createSqliteStore(open());
    expect([second.workspace, second.epoch, second.head()]).toEqual([workspace, epoch, 1]);
    expect(second.rowsFrom(room, 0, 1)[0]?.bytes).toEqual(Buffer.from(row.bytes));
    second.close();
  });

  it.each([10, 20_000])('has nothing left of %i bytes that were taken back', (length) => {
    const bytes = Buffer.from('found '.repeat(length / 5));
    const rows = [row, { ...row, bytes }, row];
    const first = createSqliteStore(open());
    first.commit({ ...emptyBatch, rows });
    const empty = { seq: 1, bytes: Buffer.from('nothing'), files: [] };
    const taken = { room, rows: [empty], id: 'x', without: (state: unknown) => state };
    first.commit({ ...emptyBatch, erasures: [taken] });
    first.close();
    expect(readFileSync(file).includes('found found')).toBe(false);
    const second = createSqliteStore(open());
    expect(second.rowsFrom(room, 0, 3).map((each) => Buffer.from(each.bytes).toString())).toEqual([
      Buffer.from(row.bytes).toString(),
      'nothing',
      Buffer.from(row.bytes).toString(),
    ]);
    second.close();
  });

  it('is refused to a second opener, in this process and in another', () => {
    const first = open();
    expect(reasonOf(open)).toBe('locked');
    const script = `
      const Database = require('better-sqlite3');
      try { new Database(${JSON.stringify(file)}, { timeout: 50 }).prepare('SELECT * FROM meta').all(); }
      catch (error) { process.stdout.write(error.code); }`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 10_000 });
    expect(stdout).toBe('SQLITE_BUSY');
    first.close();
    open().close();
  });

  it('of a newer Weft is refused and left as it is', () => {
    const future = open();
    future.exec("INSERT INTO migrations (name) VALUES ('log-99')");
    future.close();
    expect(reasonOf(open)).toBe('newer');
  });

  it('rolls a migration back that fails', () => {
    open().close();
    const steps = [{ name: 'broken-1', sql: 'CREATE TABLE half (a); CREATE TABLE half (a);' }];
    expect(reasonOf(() => openDatabase(file, { durability: 'full', migrations: steps }))).not.toBeNull();
    const database = open();
    expect(database.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'half'").pluck().get()).toBe(0);
    database.close();
  });

  it('that is no database is damaged, not overwritten', () => {
    writeFileSync(
      file,
      'this is a letter to somebody, at least a hundred bytes long so that it could be a header '.repeat(20),
    );
    expect(reasonOf(open)).toBe('damaged');
    expect(readFileSync(file, 'utf8')).toContain('letter');
  });

  it('tells bytes that changed on the disk by their checksum', () => {
    const store = createSqliteStore(open());
    store.commit({ ...emptyBatch, rows: [row] });
    store.close();
    const raw = new Database(file);
    raw.prepare("UPDATE rows SET bytes = CAST(replace(CAST(bytes AS TEXT), 'found', 'bound') AS BLOB)").run();
    raw.close();
    const again = createSqliteStore(open());
    expect(reasonOf(() => again.rowsFrom(room, 0, 1))).toBe('damaged');
    expect(reasonOf(() => again.rowsAfter(room, 0))).toBe('damaged');
    again.close();
  });

  it('takes a kept state whose bytes changed on the disk for none, and goes back to an older one', () => {
    const store = createSqliteStore(open());
    store.saveBase(room, 256, { members: ['ada'] });
    store.saveBase(room, 512, { members: ['ada'] });
    store.close();
    const raw = new Database(file);
    raw.prepare("UPDATE bases SET state = replace(state, 'ada', 'eve') WHERE seq = 512").run();
    raw.close();
    const again = createSqliteStore(open());
    expect(again.base(room, 1_000)).toEqual({ seq: 256, state: { members: ['ada'] } });
    again.close();
  });

  it('keeps the states of the last few thousand entries of a log, not all there ever were', () => {
    const store = createSqliteStore(open());
    for (let seq = 256; seq <= 256 * 40; seq += 256) store.saveBase(room, seq, { seq });
    expect(store.base(room, 256 * 40)).toMatchObject({ seq: 256 * 40 });
    expect(store.base(room, 256 * 24)).toMatchObject({ seq: 256 * 24 });
    expect(store.base(room, 256 * 20)).toBeNull();
    store.close();
  });

  it.each([
    ['the author of a row', "UPDATE rows SET by = 'eve'"],
    ['the time of a row', 'UPDATE rows SET at = 9'],
    ['the place of a row', 'UPDATE rows SET seq = seq + 5'],
    ['the room of a row', 'UPDATE rows SET room = room + 7 WHERE cursor = 1'],
    ['a row that is gone', 'DELETE FROM rows WHERE cursor = 1'],
  ])('tells by its checksums that %s changed', (_what, sql) => {
    const store = createSqliteStore(open());
    store.commit({ ...emptyBatch, rows: [row] });
    store.commit({ ...emptyBatch, rows: [{ ...row, room: 'w/doc/2' as RoomId }] });
    store.commit({ ...emptyBatch, rows: [row] });
    store.close();
    tamper(sql);
    const again = createSqliteStore(open());
    expect(reasonOf(() => again.rowsAfter(room, 0))).toBe('damaged');
    expect(reasonOf(() => again.rowsFrom(room, 0, 10))).toBe('damaged');
    again.close();
  });

  it.each([
    ['its name changed', "UPDATE rooms SET room = 'w/doc/other'"],
    ['its length changed', 'UPDATE rooms SET rows = 1'],
    ['it is gone', 'DELETE FROM rooms'],
  ])('finds out from its rows what a room is when %s', (_what, sql) => {
    const store = createSqliteStore(open());
    store.commit({ ...emptyBatch, rows: [row, row, row] });
    store.close();
    tamper(sql);
    const again = createSqliteStore(open());
    expect(again.rooms('')).toEqual([{ room, rows: 3, cursor: 3, by: 'ada', at: 1 }]);
    expect(again.commit({ ...emptyBatch, rows: [row] })[0]).toMatchObject({ cursor: 4, seq: 3 });
    again.close();
  });

  it('gives nobody an id or an answer by a bit of the disk', () => {
    const store = createSqliteStore(open());
    const [client, plain] = [2 ** 33, 77];
    const result = { id: 'a' as CommandId, ok: true, seq: 1, cursor: 1 } as const;
    store.commit({
      ...emptyBatch,
      rows: [row],
      leases: [{ client, member: row.by, device: row.device, at: 1 }],
      claims: [{ client: plain, room, member: row.by, at: 1 }],
      commands: [{ device: row.device, n: 1, at: 1, result }],
      readers: [{ room, readers: [row.by] }],
    });
    store.close();
    tamper("UPDATE leases SET member = 'eve'", "UPDATE claims SET member = 'eve'");
    tamper("UPDATE readers SET member = 'eve'", "UPDATE commands SET id = 'b'");
    const again = createSqliteStore(open());
    expect(again.leaseHolder(client)?.member).toBe('');
    expect(again.claimHolder(plain, room)).toBe('');
    expect(again.isClientTaken(client)).toBe(true);
    expect(again.changedRooms('eve' as MemberId, 0, 9)).toEqual([]);
    // The answer says itself which command it is of.
    expect(again.settled(row.device, 'a')).toEqual(result);
    again.close();
    tamper("UPDATE commands SET result = replace(result, 'true', 'frue')");
    const last = createSqliteStore(open());
    expect(last.settled(row.device, 'a')).toBe('damaged');
    last.close();
  });

  it('with another name or key than it was made with is damaged', () => {
    createSqliteStore(open()).close();
    tamper("UPDATE meta SET value = 'other' WHERE key = 'workspace'");
    const database = open();
    expect(reasonOf(() => createSqliteStore(database))).toBe('damaged');
    database.close();
  });

  it('keeps its write-ahead log short however much is written', () => {
    const database = open();
    database.pragma('synchronous = OFF');
    const store = createSqliteStore(database);
    let longest = 0;
    for (let i = 0; i < 3_000; i++) {
      store.commit({
        ...emptyBatch,
        rows: [{ ...row, bytes: new Uint8Array(i % 500 === 0 ? 2_000_000 : 900) }],
      });
      store.tidy();
      longest = Math.max(longest, statSync(`${file}-wal`).size);
    }
    // Eight thousand pages of 4 kB, and what comes before somebody looks at it again.
    expect(longest).toBeLessThan(40 * 1024 * 1024);
    expect(store.rowsAfter(room, 0)).toHaveLength(3_000);
    store.close();
  });

  it('is refused when commits lie behind damage in its log, and both are left as they are', () => {
    const store = createSqliteStore(open());
    for (let i = 0; i < 20; i++) store.commit({ ...emptyBatch, rows: [row] });
    const [copy, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
    store.close();
    log[32 + 24 + 100]! ^= 4;
    writeFileSync(file, copy);
    writeFileSync(`${file}-wal`, log);
    expect(reasonOf(open)).toBe('damaged');
    expect(readFileSync(`${file}-wal`).equals(log)).toBe(true);
    const cut = openDatabase(file, { durability: 'full', damagedLog: 'cut' });
    cut.close();
  });

  describe('with syncs beside it', () => {
    const later = { ...emptyBatch, rows: [row], syncLater: true };
    const syncOf = (store: RelayStore): Promise<StorageError | null> =>
      new Promise((done) => store.sync!(done));
    /** As a power cut leaves it: the first frame from this size of the log on is not what was written. */
    const cutAt = (store: RelayStore, size: number): void => {
      const [copy, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
      store.close();
      log[size + 24 + 100]! ^= 4;
      writeFileSync(file, copy);
      writeFileSync(`${file}-wal`, log);
    };
    const sizeOfLog = (): number => statSync(`${file}-wal`).size;

    it('loses in a power cut only what no sync has brought to the disk, however many commits that are', async () => {
      const store = createSqliteStore(open(), { syncsBeside: true });
      for (let i = 0; i < 5; i++) store.commit(later);
      expect(await syncOf(store)).toBeNull();
      const size = sizeOfLog();
      for (let i = 0; i < 20; i++) store.commit(later);
      cutAt(store, size);
      const again = createSqliteStore(open(), { syncsBeside: true });
      expect(again.head()).toBe(5);
      again.close();
    });

    it('takes no mark of an earlier round of the log for one of this round', () => {
      const database = open();
      const store = createSqliteStore(database, { syncsBeside: true });
      for (let i = 0; i < 4; i++) store.commit({ ...later, syncLater: false });
      const frame = 24 + Number(database.pragma('page_size', { simple: true }));
      const frames = (): Buffer[] => {
        const log = readFileSync(`${file}-wal`);
        return Array.from({ length: Math.floor((log.length - 32) / frame) }, (_, i) =>
          log.subarray(32 + i * frame, 32 + (i + 1) * frame),
        );
      };
      const earlier = frames().find((each) => each.includes(syncedMark))!;
      database.pragma('wal_checkpoint(PASSIVE)');
      store.commit({ ...later, syncLater: false });
      const salts = (each: Buffer): string => each.toString('hex', 8, 16);
      const ofThisRound = frames().filter((each) => salts(each) === salts(frames()[0]!)).length;
      store.commit(later);
      // A power cut kept the end of the last commit, and not its beginning.
      const [copy, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
      store.close();
      earlier.copy(log, 32 + ofThisRound * frame);
      writeFileSync(file, copy);
      writeFileSync(`${file}-wal`, log);
      const again = createSqliteStore(open());
      expect(again.head()).toBe(5);
      again.close();
    });

    it('is refused when damage lies before what was synced', async () => {
      const store = createSqliteStore(open(), { syncsBeside: true });
      const size = sizeOfLog();
      for (let i = 0; i < 4; i++) {
        store.commit(later);
        expect(await syncOf(store)).toBeNull();
      }
      cutAt(store, size);
      expect(reasonOf(open)).toBe('damaged');
    });

    it('is refused when damage lies before commits that synced all before them', () => {
      const store = createSqliteStore(open(), { syncsBeside: true });
      const size = sizeOfLog();
      for (let i = 0; i < 4; i++) store.commit(i % 2 === 0 ? later : { ...later, syncLater: false });
      store.commit({ ...emptyBatch });
      store.commit({ ...emptyBatch });
      cutAt(store, size);
      expect(reasonOf(open)).toBe('damaged');
    });

    it('has what was written when the process died, and may be closed while a sync is on its way', () => {
      const store = createSqliteStore(open(), { syncsBeside: true });
      for (let i = 0; i < 3; i++) store.commit(later);
      const [copy, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
      store.sync!(() => undefined);
      store.close();
      writeFileSync(file, copy);
      writeFileSync(`${file}-wal`, log);
      const again = createSqliteStore(open());
      expect(again.head()).toBe(3);
      again.close();
    });

    it('writes nothing behind what could not be synced', async () => {
      const database = open();
      const store = createSqliteStore(database, { syncsBeside: true });
      const told: string[] = [];
      whenUnsure(database, ({ reason }) => told.push(reason));
      const fails = vi.spyOn(fs, 'fdatasync').mockImplementation((_file, done) => done(new Error('EIO')));
      syncBuiltinESMExports();
      store.commit(later);
      const why = await syncOf(store);
      fails.mockRestore();
      syncBuiltinESMExports();
      expect(why?.reason).toBe('unsure');
      expect(told).toEqual(['unsure']);
      expect((await syncOf(store))?.reason).toBe('unsure');
      expect(reasonOf(() => store.commit({ ...emptyBatch, rows: [row] }))).toBe('unsure');
      store.close();
    });
  });

  it('forgets old answers of a device, never its newest five hundred', () => {
    const store = createSqliteStore(open());
    const answer = (n: number, at: number) => ({
      device: row.device,
      n,
      at,
      result: { id: `c${n}` as CommandId, ok: true, seq: n, cursor: n } as const,
    });
    const commands = Array.from({ length: 1_200 }, (_, n) => answer(n + 1, n < 900 ? 10 : 100));
    store.commit({ ...emptyBatch, commands });
    expect(store.forgetAnswers(50, 300)).toBe(true);
    expect(store.forgetAnswers(50, 1_000)).toBe(false);
    const kept = commands.filter(({ result }) => store.settled(row.device, result.id) !== null);
    // 900 are old, 700 are not among the newest.
    expect(kept.map(({ n }) => n)).toEqual(Array.from({ length: 500 }, (_, i) => i + 701));
    expect(store.lastCommand(row.device)).toBe(1_200);
    store.close();
  });
});
