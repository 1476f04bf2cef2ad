import type { Database } from 'better-sqlite3';
import type { MemberId } from '../../shared/base/ids.ts';
import { guarded } from '../storage/sqlite/guard.ts';
import { insertInto, isSound } from '../storage/sqlite/summed.ts';
import { mostOfMember, type PushKeys, type PushStore, type Subscription } from './contract.ts';

const columns = 'session, member, endpoint, p256dh, auth, language, created_at';

export function createSqlitePushStore(db: Database): PushStore {
  const keys = db.prepare<[], PushKeys>(
    `SELECT public AS publicKey, private AS privateKey FROM push_keys WHERE ${isSound('push_keys')}`,
  );
  const setKeys = db.prepare(insertInto('push_keys', 'only_one, public, private', 'OR REPLACE'));
  const put = db.prepare(insertInto('push_subscriptions', columns, 'OR REPLACE'));
  // Only the browser itself knows its secret: whoever brings it is that browser, under whatever account.
  const forgetSame = db.prepare(
    'DELETE FROM push_subscriptions WHERE endpoint = ? AND auth = ? AND session <> ?',
  );
  const forgetOldest = db.prepare(
    `DELETE FROM push_subscriptions WHERE member = ? AND session NOT IN (
       SELECT session FROM push_subscriptions WHERE member = ? ORDER BY created_at DESC, session LIMIT ?)`,
  );
  const remove = db.prepare(
    'DELETE FROM push_subscriptions WHERE session = ? AND (? IS NULL OR endpoint = ?)',
  );
  const of = db.prepare<[MemberId], Subscription>(
    `SELECT session, member, endpoint, p256dh, auth, language, created_at AS createdAt
     FROM push_subscriptions WHERE member = ? AND ${isSound('push_subscriptions')}`,
  );
  const members = db.prepare<[], MemberId>('SELECT DISTINCT member FROM push_subscriptions').pluck();
  return {
    keys: () => guarded(db, () => keys.get() ?? null),
    setKeys: ({ publicKey, privateKey }) => void guarded(db, () => setKeys.run(1, publicKey, privateKey)),
    put({ session, member, endpoint, p256dh, auth, language, createdAt }) {
      const all = db.transaction(() => {
        forgetSame.run(endpoint, auth, session);
        put.run(session, member, endpoint, p256dh, auth, language, createdAt);
        forgetOldest.run(member, member, mostOfMember);
      });
      guarded(db, () => all());
    },
    remove: (session, endpoint = undefined) =>
      void guarded(db, () => remove.run(session, endpoint ?? null, endpoint ?? null)),
    of: (member) => guarded(db, () => of.all(member)),
    members: () => guarded(db, () => members.all()),
  };
}
