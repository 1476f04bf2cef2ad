import type { Database } from 'better-sqlite3';
import type { MemberId } from '../../shared/base/ids.ts';
import { guarded } from '../storage/sqlite/guard.ts';
import type { BlobIndex, BlobInfo } from './contract.ts';

const columns = 'room, hash, type, size, by, at, removed_at AS removedAt';

export function createSqliteBlobIndex(db: Database): BlobIndex {
  const find = db.prepare<[string, string], BlobInfo>(
    `SELECT ${columns} FROM blobs WHERE room = ? AND hash = ? AND unnamed = 0`,
  );
  const insert = db.prepare(
    `INSERT INTO blobs (room, hash, type, size, by, at, removed_at)
     VALUES (@room, @hash, @type, @size, @by, @at, @removedAt)
     ON CONFLICT DO UPDATE SET by = excluded.by, at = excluded.at, removed_at = NULL WHERE removed_at IS NOT NULL`,
  );
  const has = db.prepare<[string], { by: MemberId }>(
    'SELECT by FROM blobs WHERE hash = ? AND removed_at IS NULL',
  );
  const all = db.prepare<[], { size: number | null }>(
    'SELECT sum(size) AS size FROM (SELECT DISTINCT hash, size FROM blobs WHERE removed_at IS NULL)',
  );
  const members = db.prepare<[], { by: MemberId; size: number }>(
    `SELECT by, sum(size) AS size FROM (SELECT DISTINCT by, hash, size FROM blobs WHERE removed_at IS NULL) GROUP BY by`,
  );
  const before = db.prepare<[number, string, number], BlobInfo>(
    `SELECT ${columns} FROM blobs WHERE at < ? AND removed_at IS NULL AND room LIKE ? ORDER BY at LIMIT ?`,
  );
  const ofRoom = db.prepare<[string, number], BlobInfo>(
    `SELECT ${columns} FROM blobs WHERE room = ? AND at < ? AND unnamed = 0`,
  );
  const unnamed = db.prepare<[number], BlobInfo>(`SELECT ${columns} FROM blobs WHERE unnamed = 1 LIMIT ?`);
  const unnamedAs = db.prepare<[string, string], BlobInfo>(
    `SELECT ${columns} FROM blobs WHERE room = ? AND hash = ? AND unnamed = 1`,
  );
  const drop = db.prepare('DELETE FROM blobs WHERE room = ? AND hash = ?');
  const markRemoved = db.prepare('UPDATE blobs SET removed_at = ? WHERE room = ? AND hash = ?');
  return {
    find: (room, hash) => guarded(db, () => find.get(room, hash) ?? null),
    insert: (info) => guarded(db, () => void insert.run(info)),
    has: (hash, by) => guarded(db, () => has.all(hash).some((row) => by === undefined || row.by === by)),
    usage: () =>
      guarded(db, () => ({
        all: all.get()?.size ?? 0,
        members: new Map(members.all().map(({ by, size }) => [by, size])),
      })),
    before: (kind, at, limit) => guarded(db, () => before.all(at, `%/${kind}/%`, limit)),
    of: (room, at) => guarded(db, () => ofRoom.all(room, at)),
    unnamed: (limit) => guarded(db, () => unnamed.all(limit)),
    unnamedAs: (room, hash) => guarded(db, () => unnamedAs.get(room, hash) ?? null),
    drop: (room, hash) => guarded(db, () => void drop.run(room, hash)),
    markRemoved: (room, hash, at) => guarded(db, () => void markRemoved.run(at, room, hash)),
  };
}
