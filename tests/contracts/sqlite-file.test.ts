import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { emptyBatch } from '../../server/storage/contract.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
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
});
