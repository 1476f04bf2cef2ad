import type { LogEntry } from '../../../shared/access/kind.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import type { RoomName } from '../../../shared/protocol/rooms.ts';
import { customerIn, customersWriter } from './customers-writer.ts';
import type { SqliteDatabase } from './open.ts';

/** Raised with every change of what the tables hold or of how it follows from the logs. */
const version = '1';
const versionKey = 'customers-version';

/** Whether the tables were made by this Weft's rules. */
export const areCustomersCurrent = (database: SqliteDatabase): boolean =>
  database.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(versionKey) ===
  version;

interface Room {
  readonly number: number;
  readonly name: RoomName;
  readonly kind: AnyLogKind;
}

/** The rooms of each customer, in the order in which the customers began. */
function roomsByCustomer(database: SqliteDatabase): Map<string, Room[]> {
  const found = new Map<string, Room[]>();
  const all = database
    .prepare<[], { id: number; room: string }>('SELECT id, room FROM rooms ORDER BY id')
    .all();
  for (const { id: number, room } of all) {
    const located = findRoom(room);
    const customer = located && customerIn(located.name);
    if (!customer || located.kind.class !== 'log') continue;
    const rooms = found.get(customer) ?? [];
    rooms.push({ number, name: located.name, kind: located.kind });
    found.set(customer, rooms);
  }
  return found;
}

const entriesOf = (bytes: Uint8Array): LogEntry[] => {
  try {
    return decodeLogRun(bytes);
  } catch {
    // Damaged: the room is set aside when somebody reads it.
    return [];
  }
};

/** Makes the tables anew from the logs, in one transaction. Some microseconds for each entry. */
export function rebuildCustomers(database: SqliteDatabase): void {
  const rows = database.prepare<[string], { room: number; bytes: Uint8Array }>(
    'SELECT room, bytes FROM rows WHERE room IN (SELECT value FROM json_each(?)) ORDER BY cursor',
  );
  const rebuild = database.transaction(() => {
    database.exec('DELETE FROM customer_talks; DELETE FROM customers;');
    const write = customersWriter(database);
    for (const [customer, rooms] of roomsByCustomer(database)) {
      const states = new Map(
        rooms.map((room) => [room.number, { room, state: room.kind.initial as unknown }]),
      );
      for (const { room: number, bytes } of rows.all(JSON.stringify(rooms.map((each) => each.number)))) {
        const of = states.get(number)!;
        for (const entry of entriesOf(bytes)) {
          of.state = of.room.kind.fold(of.state, [entry]);
          write(customer, of.room.name, entry, of.state);
        }
      }
    }
    database
      .prepare(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      .run(versionKey, version);
  });
  if (database.inTransaction) rebuild();
  else rebuild.immediate();
}

/** All but the numbers of lines, which are another after every making. */
const customersAsTold = `SELECT id, begun_at, part_of, ended_at, owner, first_owner, link, source, stage, waiting_since, next_at, changed_at,
  last_id, last_guest, last_staff, talk, talk_first, talk_last, talk_guest, helpers, tags, name, phone, phone_key, mail,
  mail_key, company FROM customers`;
const talksAsTold = `SELECT id, since, talks.owner, talks.link, talks.source, first_answer, last_answer,
  talks.last_guest FROM customer_talks AS talks JOIN customers ON n = customer`;

class Undone extends Error {}

/** How many lines of the tables are not as the logs say; none where they wait to be made. Changes nothing. */
export function wrongCustomers(database: SqliteDatabase): number {
  if (!areCustomersCurrent(database)) return 0;
  let wrong = 0;
  const compare = database.transaction(() => {
    database.exec(
      `CREATE TABLE was_customers AS ${customersAsTold}; CREATE TABLE was_talks AS ${talksAsTold};`,
    );
    rebuildCustomers(database);
    const without = (one: string, other: string): string => `(SELECT count(*) FROM (${one} EXCEPT ${other}))`;
    const were = ['SELECT * FROM was_customers', 'SELECT * FROM was_talks'] as const;
    const all = [
      without(were[0], customersAsTold),
      without(customersAsTold, were[0]),
      without(were[1], talksAsTold),
      without(talksAsTold, were[1]),
    ];
    wrong =
      database
        .prepare<[], number>(`SELECT ${all.join(' + ')}`)
        .pluck()
        .get() ?? 0;
    throw new Undone();
  });
  try {
    compare.immediate();
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  return wrong;
}
