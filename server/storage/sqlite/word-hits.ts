import type { MemberId } from '../../../shared/base/ids.ts';
import type { StoredHit, WordHits, WordHitsQuery } from '../word-hits-contract.ts';
import { guarded } from './guard.ts';
import type { SqliteDatabase } from './open.ts';
import { insertInto, isSound, summed } from './summed.ts';

interface Line extends Omit<StoredHit, 'words' | 'person' | 'customer'> {
  readonly words: string;
  /** Empty for none, as the customer is. */
  readonly person: string;
  readonly customer: string;
}

const columns = 'n, at, rule, name, words, outcome, by, person, room, id, customer';

const asHit = ({ words, person, customer, ...line }: Line): StoredHit => ({
  ...line,
  words: JSON.parse(words) as string[],
  person: (person || null) as MemberId | null,
  customer: customer || null,
});

type Values = Record<string, string | number>;

/** What has to hold, as SQL with its values. */
function conditions({ people, rule, outcome, at, link, source }: WordHitsQuery): readonly [string, Values] {
  const all = [isSound('word_hits')];
  const values: Values = {};
  const must = (sql: string, some: Values): void => {
    all.push(sql);
    Object.assign(values, some);
  };
  const ofCustomers = (sql: string): string => `customer IN (SELECT id FROM customers WHERE ${sql})`;
  if (people) must('person IN (SELECT value FROM json_each(:people))', { people: JSON.stringify(people) });
  if (rule !== undefined) must('rule = :rule', { rule });
  if (outcome !== undefined) must('outcome = :outcome', { outcome });
  if (at) must('at >= :from AND at < :to', { from: at[0], to: at[1] });
  if (link !== undefined) must(ofCustomers('link = :link'), { link });
  if (source !== undefined) must(ofCustomers('source = :source'), { source });
  return [all.join(' AND '), values];
}

/** The table of who met which word rule. */
export function createSqliteWordHits(database: SqliteDatabase): WordHits {
  const add = database.prepare(insertInto('word_hits', summed.word_hits));
  const inRoom = database.prepare<[string, number], Line>(
    `SELECT ${columns} FROM word_hits WHERE room = ? AND at >= ? AND ${isSound('word_hits')} ORDER BY n`,
  );
  return {
    add({ at, rule, name, words, outcome, by, person, room, id, customer }) {
      add.run(at, rule, name, JSON.stringify(words), outcome, by, person ?? '', room, id, customer ?? '');
    },
    list(query, before, most) {
      const [where, values] = conditions(query);
      return guarded(database, () =>
        database
          .prepare<Values, Line>(
            `SELECT ${columns} FROM word_hits WHERE ${where} AND n < :before ORDER BY n DESC LIMIT :most`,
          )
          .all({ ...values, before: before ?? Number.MAX_SAFE_INTEGER, most })
          .map(asHit),
      );
    },
    count(query) {
      const [where, values] = conditions(query);
      return guarded(
        database,
        () =>
          database
            .prepare<Values, number>(`SELECT count(*) FROM word_hits WHERE ${where}`)
            .pluck()
            .get(values) ?? 0,
      );
    },
    inRoom: (room, from) => guarded(database, () => inRoom.all(room, from).map(asHit)),
  };
}
