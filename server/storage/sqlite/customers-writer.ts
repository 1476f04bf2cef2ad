import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { fileOf } from '../../../shared/features/chat/customer.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { mailKey, phoneKey } from '../../../shared/features/customers/match.ts';
import { servedBy, type Service, type Talk } from '../../../shared/features/customers/service.ts';
import type { RoomName } from '../../../shared/protocol/rooms.ts';
import type { SqliteDatabase } from './open.ts';

/** The customer whose file or conversation a room is; null for every other. */
export function customerIn(name: RoomName): string | null {
  if (name.part !== null) return null;
  if (name.kind === 'customer') return name.id;
  return name.kind === 'chat' ? (fileOf(name)?.id ?? null) : null;
}

interface ServiceInTable {
  readonly n: number;
  readonly owner: MemberId | null;
  readonly link: string | null;
  readonly source: string;
  readonly last_id: CommandId | null;
  readonly last_guest: number | null;
  readonly last_staff: number | null;
  readonly waiting_since: number | null;
  readonly talk: number | null;
  readonly talk_first: number | null;
  readonly talk_last: number | null;
  readonly talk_guest: number | null;
}

const talkIn = ({ talk, talk_first, talk_last, talk_guest }: ServiceInTable): Talk | null =>
  talk === null
    ? null
    : { since: talk, firstAnswerAt: talk_first, lastAnswerAt: talk_last, lastGuestAt: talk_guest! };

const serviceIn = (row: ServiceInTable): Service => ({
  lastId: row.last_id,
  lastGuestAt: row.last_guest,
  lastStaffAt: row.last_staff,
  waitingSince: row.waiting_since,
  talk: talkIn(row),
});

/** Writes what an entry makes of its customer, and gives their number. Has to be called in a transaction, for entries in their order. */
export function customersWriter(
  database: SqliteDatabase,
): (id: string, name: RoomName, entry: LogEntry, state: unknown) => number {
  const add = database.prepare<[string]>('INSERT INTO customers (id) VALUES (?) ON CONFLICT DO NOTHING');
  const read = database.prepare<[string], ServiceInTable>(
    `SELECT n, owner, link, source, last_id, last_guest, last_staff, waiting_since, talk, talk_first, talk_last, talk_guest
     FROM customers WHERE id = ?`,
  );
  const saveFile = database.prepare(
    `UPDATE customers SET begun_at = ?, part_of = ?, ended_at = ?, owner = ?, first_owner = coalesce(first_owner, ?), link = ?,
       source = ?, stage = ?, next_at = ?, changed_at = max(changed_at, ?), helpers = ?, tags = ?, name = ?, phone = ?, phone_key = ?,
       mail = ?, mail_key = ?, company = ? WHERE id = ?`,
  );
  const saveService = database.prepare(
    `UPDATE customers SET last_id = ?, last_guest = ?, last_staff = ?, waiting_since = ?, talk = ?, talk_first = ?,
       talk_last = ?, talk_guest = ? WHERE n = ?`,
  );
  const giveTalk = database.prepare<[MemberId | null, number, number]>(
    'UPDATE customer_talks SET owner = ? WHERE since = ? AND customer = ?',
  );
  const saveTalk = database.prepare(
    `INSERT INTO customer_talks (since, customer, owner, link, source, first_answer, last_answer, last_guest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET owner = excluded.owner, first_answer = excluded.first_answer,
       last_answer = excluded.last_answer, last_guest = excluded.last_guest`,
  );
  const ownerOfTalk = database
    .prepare<[number, number], MemberId | null>(
      'SELECT owner FROM customer_talks WHERE since = ? AND customer = ?',
    )
    .pluck();

  const file = (id: string, { at, type }: LogEntry, state: CustomerState): void => {
    // What is brought from elsewhere counts when all of it is there.
    if (!state.begun || state.importing) return;
    // It says nothing of the customer.
    if (type === 'customer.looked') return;
    const before = read.get(id)!;
    const { owner, name, phone, mail, company } = state;
    saveFile.run(
      ...[
        state.begun.at,
        state.into ?? null,
        state.ended?.at ?? null,
        owner,
        owner,
        state.link?.id ?? null,
        state.source,
        state.stage,
        state.next?.at ?? null,
      ],
      ...[at, JSON.stringify(state.helpers), JSON.stringify(state.tags), name, phone, phoneKey(phone), mail],
      ...[mailKey(mail), company, id],
    );
    // A talk that nobody answered yet is for who has the customer now.
    if (before.talk !== null && before.talk_first === null && before.owner !== owner)
      giveTalk.run(owner, before.talk, before.n);
  };

  const words = (id: string, entry: LogEntry): void => {
    const row = read.get(id)!;
    const before = serviceIn(row);
    const after = servedBy(before, entry);
    if (after === before) return;
    const { lastId, lastGuestAt, lastStaffAt, waitingSince, talk } = after;
    saveService.run(
      ...[lastId, lastGuestAt, lastStaffAt, waitingSince],
      ...[
        talk?.since ?? null,
        talk?.firstAnswerAt ?? null,
        talk?.lastAnswerAt ?? null,
        talk?.lastGuestAt ?? null,
      ],
      row.n,
    );
    if (talk === null || talk === before.talk) return;
    const wasAnswered = before.talk?.since === talk.since && before.talk.firstAnswerAt !== null;
    const owner = wasAnswered ? (ownerOfTalk.get(talk.since, row.n) ?? null) : row.owner;
    saveTalk.run(
      ...[talk.since, row.n, owner, row.link, row.source],
      ...[talk.firstAnswerAt, talk.lastAnswerAt, talk.lastGuestAt],
    );
  };

  return (id, name, entry, state) => {
    add.run(id);
    const { n } = read.get(id)!;
    if (name.kind === 'customer') file(id, entry, state as CustomerState);
    else words(id, entry);
    return n;
  };
}
