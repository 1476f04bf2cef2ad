import { customerOf, isGuest } from '../../../shared/base/guests.ts';
import type { CustomerId, MemberId } from '../../../shared/base/ids.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import { parseRoom } from '../../../shared/protocol/rooms.ts';
import type { BroadcastLine, BroadcastsTable, SentLine } from '../broadcasts-contract.ts';
import type { Said } from '../customers-contract.ts';
import { guarded } from './guard.ts';
import type { SqliteDatabase } from './open.ts';

/** What a customer says within a week is an answer. Milliseconds. */
const answerTime = 7 * 24 * 3_600_000;

/** Makes the table anew from the conversations, in one transaction. */
export function rebuildBroadcasts(database: SqliteDatabase): void {
  const table = createSqliteBroadcasts(database);
  const rows = database.prepare<[], { room: string; bytes: Uint8Array }>(
    `SELECT rooms.room AS room, bytes FROM rows JOIN rooms ON rooms.id = rows.room
      WHERE rooms.room LIKE '%/chat/customer-%' ORDER BY rows.cursor`,
  );
  const rebuild = database.transaction(() => {
    database.exec('DELETE FROM broadcast_messages');
    for (const { room, bytes } of rows.all()) {
      const name = parseRoom(room);
      if (!name) continue;
      try {
        for (const entry of decodeLogRun(bytes)) table.told({ name, entry, state: undefined });
      } catch {
        // Damaged: the room is set aside when somebody reads it.
      }
    }
  });
  rebuild.immediate();
}

const prefix = 'customer-';

interface Saying {
  readonly broadcast?: unknown;
  readonly upTo?: unknown;
}

const columns = 'customer, owner, at, read_at AS readAt, answered_at AS answeredAt';

/** The table of what became of messages to many. */
export function createSqliteBroadcasts(database: SqliteDatabase): BroadcastsTable {
  const add = database.prepare<[string, string, string, number, number]>(
    'INSERT OR IGNORE INTO broadcast_messages (broadcast, customer, owner, seq, at) VALUES (?, ?, ?, ?, ?)',
  );
  const read = database.prepare<[number, string, number]>(
    'UPDATE broadcast_messages SET read_at = ? WHERE customer = ? AND read_at IS NULL AND seq <= ?',
  );
  const answer = database.prepare<[number, number, string, number]>(
    `UPDATE broadcast_messages SET answered_at = ?, read_at = coalesce(read_at, ?)
      WHERE customer = ? AND at > ? AND answered_at IS NULL`,
  );
  const counts = database.prepare<
    { broadcast: string; owner: string | null },
    { read: number; answered: number }
  >(
    `SELECT count(read_at) AS read, count(answered_at) AS answered FROM broadcast_messages
      WHERE broadcast = :broadcast AND (:owner IS NULL OR owner = :owner)`,
  );
  const some = database.prepare<[string, string], BroadcastLine>(
    `SELECT ${columns} FROM broadcast_messages
      WHERE broadcast = ? AND customer IN (SELECT value FROM json_each(?))`,
  );
  const having = (column: 'read_at' | 'answered_at') =>
    database.prepare<{ broadcast: string; owner: string | null; after: string; most: number }, BroadcastLine>(
      `SELECT ${columns} FROM broadcast_messages WHERE broadcast = :broadcast AND ${column} IS NOT NULL
        AND (:owner IS NULL OR owner = :owner) AND customer > :after ORDER BY customer LIMIT :most`,
    );
  const found = { read: having('read_at'), answered: having('answered_at') };

  const sent = database.prepare<[number, number, number, number, string, string, number], SentLine>(
    `SELECT broadcast, customer, messages.owner, at, read_at AS readAt, answered_at AS answeredAt,
        customers.owner AS ownerNow, link, coalesce(source, '') AS source
      FROM broadcast_messages AS messages LEFT JOIN customers ON customers.id = customer
      WHERE at >= ? AND at < ? AND at <= ? AND (at, broadcast, customer) < (?, ?, ?)
      ORDER BY at DESC, broadcast DESC, customer DESC LIMIT ?`,
  );

  const said = ({ name, entry }: Said): void => {
    const { by, at, seq, type } = entry;
    const data = entry.data as Saying;
    const guest = isGuest(by);
    if (type === 'chat.read' && name.part === 'reads') {
      if (guest) read.run(at, customerOf(by), Number(data.upTo));
      return;
    }
    if (type !== 'chat.send' || name.part !== null) return;
    if (guest) answer.run(at, at, customerOf(by), at - answerTime);
    else if (typeof data.broadcast === 'string')
      add.run(data.broadcast, name.id.slice(prefix.length), by, seq, at);
  };

  return {
    told(each) {
      if (each.name.kind === 'chat' && each.name.id.startsWith(prefix)) said(each);
    },
    results: (broadcast, owner) => guarded(database, () => counts.get({ broadcast, owner })!),
    sent(from, to, before, most) {
      const { at, broadcast, customer } = before ?? { at: to, broadcast: '', customer: '' };
      return guarded(database, () => sent.all(from, to, at, at, broadcast, customer, most));
    },
    lines: (broadcast, customers: readonly CustomerId[]) =>
      guarded(database, () => some.all(broadcast, JSON.stringify(customers))),
    having: (broadcast, what, owner: MemberId | null, after, most) =>
      guarded(database, () => found[what].all({ broadcast, owner, after, most })),
  };
}
