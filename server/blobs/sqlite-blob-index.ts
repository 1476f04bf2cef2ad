import type { Database } from 'better-sqlite3';
import { guarded } from '../storage/sqlite/guard.ts';
import type { BlobIndex, BlobInfo } from './contract.ts';

export function createSqliteBlobIndex(db: Database): BlobIndex {
  const find = db.prepare<[string, string], BlobInfo>(
    'SELECT room, hash, type, size, by, at FROM blobs WHERE room = ? AND hash = ?',
  );
  const insert = db.prepare(
    'INSERT OR IGNORE INTO blobs (room, hash, type, size, by, at) VALUES (@room, @hash, @type, @size, @by, @at)',
  );
  return {
    find: (room, hash) => guarded(db, () => find.get(room, hash) ?? null),
    insert: (info) => guarded(db, () => void insert.run(info)),
  };
}
