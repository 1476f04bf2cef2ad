import type { Database } from 'better-sqlite3';
import type { WorkspaceId } from '../../shared/base/ids.ts';
import { guarded as guardedBy } from '../storage/sqlite/guard.ts';
import { unhurried as withoutWaiting } from '../storage/sqlite/unhurried.ts';
import type { Delivery, NewDelivery, Outcome, RowPlace, WebhookSecrets, WebhookStore } from './contract.ts';

const columns = `n, webhook, message, subject, type, body, at, attempts, attempted_at AS attemptedAt, status, said,
  took, over_at AS overAt`;

/** On the same connection as the relay's log. */
export function createSqliteWebhookStore(db: Database, workspace: WorkspaceId): WebhookStore {
  const guarded = <T>(work: () => T): T => guardedBy(db, work);
  // What a power cut takes back is told again: at least once is the promise, and the relay waits for no disk.
  const unhurried = <T>(work: () => T): T => guarded(() => withoutWaiting(db, work));
  const secrets = db.prepare<[string], WebhookSecrets>(
    `SELECT secret, former, former_until AS formerUntil, failing_since AS failingSince
     FROM webhook_secrets WHERE webhook = ?`,
  );
  const setSecret = db.prepare(
    `INSERT INTO webhook_secrets (webhook, secret) VALUES (?, ?) ON CONFLICT (webhook)
     DO UPDATE SET former = iif(? IS NULL, NULL, secret), former_until = ?, secret = excluded.secret`,
  );
  const setFailing = db.prepare('UPDATE webhook_secrets SET failing_since = ? WHERE webhook = ?');
  const forgetSecret = db.prepare('DELETE FROM webhook_secrets WHERE webhook = ?');
  const forgetDeliveries = db.prepare('DELETE FROM webhook_deliveries WHERE webhook = ?');
  const place = db.prepare<[], { cursor: number; due: number }>('SELECT cursor, due FROM webhook_place');
  const setPlace = db.prepare('UPDATE webhook_place SET cursor = ?, due = ?');
  const head = db.prepare<[], number | null>('SELECT max(cursor) FROM rows').pluck();
  const rowsAfter = db.prepare<[number, number, string, string, string], RowPlace>(
    `SELECT rows.cursor, rooms.room, rows.seq FROM rows JOIN rooms ON rooms.id = rows.room
     WHERE rows.cursor > ? AND rows.cursor <= ?
       AND (rooms.room GLOB ? OR rooms.room GLOB ? OR rooms.room GLOB ?) ORDER BY rows.cursor`,
  );
  const insert = db.prepare(
    `INSERT OR IGNORE INTO webhook_deliveries
       (webhook, message, subject, type, body, at, due, attempts, attempted_at, status, said, took, over_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const isBehind = db
    .prepare<[string, string], 1>(
      'SELECT 1 FROM webhook_deliveries WHERE webhook = ? AND subject = ? AND over_at IS NULL LIMIT 1',
    )
    .pluck();
  const due = db.prepare<[string, number, string, number], Delivery>(
    `SELECT ${columns} FROM webhook_deliveries WHERE webhook = ? AND due <= ?
       AND n NOT IN (SELECT value FROM json_each(?)) ORDER BY due, n LIMIT ?`,
  );
  const nextDue = db
    .prepare<[string, number], number | null>(
      'SELECT min(due) FROM webhook_deliveries WHERE webhook = ? AND due > ?',
    )
    .pluck();
  const waiting = db
    .prepare<[string], number>(
      'SELECT count(*) FROM webhook_deliveries WHERE webhook = ? AND over_at IS NULL',
    )
    .pluck();
  const attempted = db.prepare(
    `UPDATE webhook_deliveries SET attempts = attempts + 1, attempted_at = ?, status = ?, said = ?, took = ?,
       due = ?, over_at = ? WHERE n = ?`,
  );
  const again = db.prepare(
    `UPDATE webhook_deliveries SET attempts = attempts + 1, attempted_at = ?, status = ?, said = ?, took = ?,
       over_at = ? WHERE n = ? AND over_at IS NOT NULL`,
  );
  const next = db.prepare(
    `UPDATE webhook_deliveries SET due = ? WHERE n = (
       SELECT min(later.n) FROM webhook_deliveries AS done JOIN webhook_deliveries AS later
         ON later.webhook = done.webhook AND later.subject = done.subject AND later.over_at IS NULL
       WHERE done.n = ?) AND due IS NULL`,
  );
  const replace = db.prepare('UPDATE webhook_deliveries SET body = ? WHERE webhook = ? AND message = ?');
  const one = db.prepare<[string, number], Delivery>(
    `SELECT ${columns} FROM webhook_deliveries WHERE webhook = ? AND n = ?`,
  );
  const named = db.prepare<[string, string], Delivery>(
    `SELECT ${columns} FROM webhook_deliveries WHERE webhook = ? AND message = ?`,
  );
  const last = db.prepare<[string, number], Delivery>(
    `SELECT ${columns} FROM webhook_deliveries WHERE webhook = ? AND attempted_at IS NOT NULL
     ORDER BY attempted_at DESC, n DESC LIMIT ?`,
  );
  const all = db
    .prepare<[], string>('SELECT DISTINCT webhook FROM webhook_deliveries WHERE over_at IS NOT NULL')
    .pluck();
  const forgetOld = db.prepare(
    `DELETE FROM webhook_deliveries WHERE webhook = ? AND over_at < (
       SELECT over_at FROM webhook_deliveries WHERE webhook = ? AND over_at IS NOT NULL
       ORDER BY over_at DESC LIMIT 1 OFFSET ?)`,
  );

  const put = ({ webhook, message, subject, type, body, at }: NewDelivery): void => {
    const waits = isBehind.get(webhook, subject) === 1;
    insert.run(webhook, message, subject, type, body, at, waits ? null : at, 0, null, null, '', 0, null);
  };
  const enqueue = db.transaction(
    (deliveries: readonly NewDelivery[], to: { cursor: number; due: number }) => {
      for (const delivery of deliveries) put(delivery);
      setPlace.run(to.cursor, to.due);
    },
  );
  const note = db.transaction(
    (n: number, at: number, { status, said, took }: Outcome, dueAt: number | null, overAt: number | null) => {
      attempted.run(at, status, said, took, dueAt, overAt, n);
      if (overAt !== null) next.run(at, n);
    },
  );

  return {
    secrets: (webhook) => guarded(() => secrets.get(webhook) ?? null),
    setSecret: (webhook, secret, formerUntil) =>
      void guarded(() => setSecret.run(webhook, secret, formerUntil, formerUntil)),
    setFailing: (webhook, since) => void unhurried(() => setFailing.run(since, webhook)),
    forget(webhook) {
      guarded(() => {
        forgetSecret.run(webhook);
        forgetDeliveries.run(webhook);
      });
    },
    place: () => guarded(() => place.get()!),
    setPlace: ({ cursor, due: at }) => void guarded(() => setPlace.run(cursor, at)),
    head: () => guarded(() => head.get() ?? 0),
    rowsAfter: (after, look) =>
      guarded(() => {
        const to = Math.min(after + look, head.get() ?? 0);
        const kinds = ['customer/*', 'chat/customer-*', 'broadcast/*'] as const;
        const [files, chats, broadcasts] = kinds.map((kind) => `${workspace}/${kind}`);
        return { rows: rowsAfter.all(after, to, files!, chats!, broadcasts!), cursor: Math.max(after, to) };
      }),
    enqueue: (deliveries, to) => unhurried(() => enqueue(deliveries, to)),
    due: (webhook, now, without, most) => guarded(() => due.all(webhook, now, JSON.stringify(without), most)),
    nextDue: (webhook, now) => guarded(() => nextDue.get(webhook, now) ?? null),
    waiting: (webhook) => guarded(() => waiting.get(webhook) ?? 0),
    attempted: (n, at, outcome, then) =>
      unhurried(() =>
        note(n, at, outcome, 'due' in then ? then.due : null, 'overAt' in then ? then.overAt : null),
      ),
    insertOver({ webhook, message, subject, type, body, at }, { status, said, took }) {
      return unhurried(() => {
        insert.run(webhook, message, subject, type, body, at, null, 1, at, status, said, took, at);
        return named.get(webhook, message)!;
      });
    },
    again: (n, at, { status, said, took }) => void unhurried(() => again.run(at, status, said, took, at, n)),
    replace: (webhook, message, body) => void unhurried(() => replace.run(body, webhook, message)),
    delivery: (webhook, n) => guarded(() => one.get(webhook, n) ?? null),
    last: (webhook, most) => guarded(() => last.all(webhook, most)),
    tidy(keep) {
      unhurried(() => {
        for (const webhook of all.all()) forgetOld.run(webhook, webhook, keep);
      });
    },
  };
}
