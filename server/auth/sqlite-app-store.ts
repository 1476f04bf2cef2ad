import type { Database } from 'better-sqlite3';
import type { CustomerId } from '../../shared/base/ids.ts';
import { guarded } from '../storage/sqlite/guard.ts';
import { insertInto, isSound } from '../storage/sqlite/summed.ts';
import type { AppStore, StoredAppKey } from './app-contract.ts';

const key = 'id, app, created_at AS createdAt, used_at AS usedAt';

/** On the same connection as the relay's log: what runs in a commit's `also` stands or falls with the commit. */
export function createSqliteAppStore(db: Database): AppStore {
  const insertKey = db.prepare(insertInto('app_keys', 'id, fingerprint, app, created_at'));
  const byFingerprint = db.prepare<[Uint8Array], StoredAppKey>(
    `SELECT ${key} FROM app_keys WHERE fingerprint = ? AND ${isSound('app_keys')}`,
  );
  const touch = db.prepare('UPDATE app_keys SET used_at = ? WHERE id = ?');
  const keysOf = db.prepare<[string], StoredAppKey>(`SELECT ${key} FROM app_keys WHERE app = ?`);
  const external = db
    .prepare<[string, string], string>('SELECT external FROM app_externals WHERE app = ? AND customer = ?')
    .pluck();
  const customer = db
    .prepare<[string, string], CustomerId>(
      'SELECT customer FROM app_externals WHERE app = ? AND external = ?',
    )
    .pluck();
  const drop = db.prepare('DELETE FROM app_externals WHERE app = ? AND customer = ?');
  const put = db.prepare('INSERT INTO app_externals (app, customer, external) VALUES (?, ?, ?)');
  return {
    insertKey: ({ id, app, createdAt }, fingerprint) =>
      void guarded(db, () => insertKey.run(id, fingerprint, app, createdAt)),
    keyByFingerprint: (fingerprint) => guarded(db, () => byFingerprint.get(fingerprint) ?? null),
    touchKey: (id, usedAt) => void guarded(db, () => touch.run(usedAt, id)),
    keysOf: (app) => guarded(db, () => keysOf.all(app)),
    externalOf: (app, of) => guarded(db, () => external.get(app, of) ?? null),
    customerOf: (app, name) => guarded(db, () => customer.get(app, name) ?? null),
    setExternal(app, of, name) {
      const all = db.transaction(() => {
        const holder = name === null ? undefined : customer.get(app, name);
        if (holder !== undefined && holder !== of) return false;
        drop.run(app, of);
        if (name !== null) put.run(app, of, name);
        return true;
      });
      return guarded(db, () => all());
    },
  };
}
