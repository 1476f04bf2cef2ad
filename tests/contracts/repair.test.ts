import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import * as Y from 'yjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandId, DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { decodeLogRun, encodeLogRun } from '../../shared/protocol/log-bytes.ts';
import { emptyBatch, type RelayStore } from '../../server/storage/contract.ts';
import { checkDatabase } from '../../server/storage/sqlite/check.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { rebuildDatabase } from '../../server/storage/sqlite/rebuild.ts';
import { repairRoom } from '../../server/storage/sqlite/repair.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';

const [chat, pad, other] = ['w/chat/team', 'w/scratch/pad', 'w/scratch/other'] as [RoomId, RoomId, RoomId];
const ada = 'ada' as MemberId;
const about = { by: ada, device: 'phone' as DeviceId, at: 5 };

/** A writer of a text who makes one update per word. */
function author(client: number) {
  const doc = new Y.Doc();
  doc.clientID = client;
  return (word: string): Uint8Array => {
    const before = Y.encodeStateVector(doc);
    doc.getText('t').insert(doc.getText('t').length, word);
    return Y.encodeStateAsUpdate(doc, before);
  };
}

describe('the repair of a room', () => {
  let folder: string;
  let file: string;
  const open = () => openDatabase(file, { durability: 'process' });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weft-repair-'));
    file = join(folder, 'weft.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const tamper = (sql: string): void => {
    const raw = new Database(file);
    raw.exec(sql);
    raw.close();
  };
  const fill = (work: (store: RelayStore) => void): void => {
    const store = createSqliteStore(open());
    work(store);
    store.close();
  };
  const textOf = (store: RelayStore, room: RoomId): string => {
    const doc = new Y.Doc();
    for (const { bytes } of store.rowsAfter(room, 0)) Y.applyUpdate(doc, bytes);
    return doc.getText('t').toJSON();
  };
  const say = (n: number) => {
    const entry = {
      seq: n,
      id: `c${n}` as CommandId,
      type: 'chat.send',
      by: ada,
      at: 5,
      data: { text: `${n}` },
    };
    return { room: chat, ...about, bytes: encodeLogRun(n, [entry]) };
  };

  it('of a log keeps every other entry at its place, and what was damaged beside it', () => {
    fill((store) => {
      for (let n = 0; n < 6; n++) store.commit({ ...emptyBatch, rows: [say(n)] });
    });
    tamper("UPDATE rows SET bytes = X'0102' WHERE seq = 2; UPDATE rows SET by = 'eve' WHERE seq = 4");
    const database = open();
    const { epoch } = createSqliteStore(database);
    expect(checkDatabase(database).damage.map(({ room }) => room)).toEqual([chat]);
    expect(repairRoom(database, chat, 99).setAside).toEqual([2, 4]);
    expect(checkDatabase(database).damage).toEqual([]);
    const store = createSqliteStore(database);
    const entries = store.rowsFrom(chat, 0, 10).flatMap(({ bytes }) => decodeLogRun(bytes));
    expect(entries.map(({ id, type }) => [id, type])).toEqual([
      ['c0', 'chat.send'],
      ['c1', 'chat.send'],
      ['lost-2', 'lost'],
      ['c3', 'chat.send'],
      ['lost-4', 'lost'],
      ['c5', 'chat.send'],
    ]);
    // Devices hold the rest: for them it is another epoch, which ended before the damage.
    expect(store.epochs).toEqual([{ epoch, until: 2 }]);
    expect(store.epoch).not.toBe(epoch);
    const kept = database.prepare('SELECT room, seq, repaired_at AS at FROM set_aside ORDER BY seq').all();
    expect(kept).toEqual([
      { room: chat, seq: 2, at: 99 },
      { room: chat, seq: 4, at: 99 },
    ]);
    store.close();
  });

  it('of a text sets aside what builds on the damage, and nothing else', () => {
    const [one, two] = [author(101), author(102)];
    fill((store) => {
      const updates = [one('a'), two('x'), one('b'), one('c'), two('y')];
      for (const bytes of updates) store.commit({ ...emptyBatch, rows: [{ room: pad, ...about, bytes }] });
      store.commit({ ...emptyBatch, rows: [{ room: other, ...about, bytes: author(9)('fine') }] });
    });
    tamper("UPDATE rows SET bytes = X'0000' WHERE seq = 2");
    const database = open();
    expect(repairRoom(database, pad, 99).setAside).toEqual([2, 3]);
    expect(checkDatabase(database).damage).toEqual([]);
    const store = createSqliteStore(database);
    expect([...textOf(store, pad)].sort()).toEqual(['a', 'x', 'y']);
    expect(textOf(store, other)).toBe('fine');
    expect(
      store.commit({ ...emptyBatch, rows: [{ room: pad, ...about, bytes: two('z') }] })[0],
    ).toMatchObject({
      cursor: 7,
      seq: 5,
    });
    store.close();
  });

  it('of a text that has a whole checkpoint behind the damage loses nothing', () => {
    const one = author(101);
    fill((store) => {
      const updates = ['a', 'b', 'c', 'd'].map(one);
      const rows = updates.map(
        (bytes) => store.commit({ ...emptyBatch, rows: [{ room: pad, ...about, bytes }] })[0]!,
      );
      const merged = Y.mergeUpdates(updates.slice(0, 3));
      const [cursor, seq] = [rows[2]!.cursor, rows[2]!.seq];
      store.history.addPart(pad, cursor, 0, { sum: crc32(merged), bytes: merged });
      store.history.useCheckpoint(pad, { seq, cursor, size: merged.length, parts: 1 }, null);
    });
    tamper("UPDATE rows SET bytes = X'0000' WHERE seq = 1");
    const database = open();
    expect(repairRoom(database, pad, 99).setAside).toEqual([1]);
    const store = createSqliteStore(database);
    expect(textOf(store, pad)).toBe('abcd');
    store.close();
  });

  it('makes a new file of what can be read of one whose pages are damaged', () => {
    fill((store) => {
      for (let n = 0; n < 300; n++) store.commit({ ...emptyBatch, rows: [say(n)] });
      store.commit({ ...emptyBatch, rows: [{ room: other, ...about, bytes: author(9)('fine') }] });
    });
    const leaf = (() => {
      const raw = new Database(file, { readonly: true });
      const page = raw
        .prepare("SELECT pageno FROM dbstat WHERE name = 'rows' AND pagetype = 'leaf' LIMIT 1 OFFSET 1")
        .pluck()
        .get() as number;
      raw.close();
      return page;
    })();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, (leaf - 1) * 4_096, leaf * 4_096);
    writeFileSync(file, bytes);
    const damaged = open();
    expect(checkDatabase(damaged).damage.some(({ room }) => room === chat)).toBe(true);
    const next = join(folder, 'next.db');
    rebuildDatabase(damaged, next);
    damaged.close();
    const database = openDatabase(next, { durability: 'process' });
    const { setAside } = repairRoom(database, chat, 99);
    expect(setAside.length).toBeGreaterThan(0);
    expect(setAside.length).toBeLessThan(150);
    expect(checkDatabase(database).damage).toEqual([]);
    const store = createSqliteStore(database);
    expect(textOf(store, other)).toBe('fine');
    expect(store.rowsFrom(chat, 0, 1_000)).toHaveLength(300);
    expect(store.head()).toBe(301);
    store.close();
  });
});
