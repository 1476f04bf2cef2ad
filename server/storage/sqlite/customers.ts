import type { Statement } from 'better-sqlite3';
import type { MemberId } from '../../../shared/base/ids.ts';
import { longestTalk } from '../../../shared/features/customers/figures.ts';
import type {
  CountedCustomer,
  CountedTalk,
  CustomerLine,
  CustomersCursor,
  CustomersOrder,
  CustomersQuery,
  CustomersTable,
} from '../customers-contract.ts';
import { areCustomersCurrent, rebuildCustomers } from './customers-rebuild.ts';
import { customerIn, customersWriter } from './customers-writer.ts';
import { guarded as guardedBy } from './guard.ts';
import type { SqliteDatabase } from './open.ts';

interface LineInTable extends Omit<CustomerLine, 'helpers' | 'tags'> {
  readonly helpers: string;
  readonly tags: string;
}

const asLine = ({ helpers, tags, ...rest }: LineInTable): CustomerLine => ({
  ...rest,
  helpers: JSON.parse(helpers) as MemberId[],
  tags: JSON.parse(tags) as string[],
});

const columns = `n, id, begun_at AS begunAt, part_of AS partOf, ended_at AS endedAt, owner, first_owner AS firstOwner, helpers, link, source,
  stage, tags, name, phone, mail, company, unanswered_since AS unansweredSince, last_guest AS lastGuestAt,
  last_staff AS lastStaffAt, next_at AS nextAt, changed_at AS changedAt`;

const orders: Readonly<Record<CustomersOrder, string>> = {
  n: 'n',
  changed: 'changed_at',
  begun: 'begun_at',
  unanswered: 'unanswered_since',
};

const oneOf = (column: string): string => `${column} IN (SELECT value FROM json_each(?))`;

/** The conditions of a query, each with its values. */
function conditions(query: CustomersQuery): [sql: string, values: (string | number)[]][] {
  const found: [string, (string | number)[]][] = [['begun_at IS NOT NULL', []]];
  const list = (column: string, values: readonly (string | number | null)[] | undefined): void => {
    if (values) found.push([oneOf(column), [JSON.stringify(values)]]);
  };
  const span = (column: string, values: readonly [number, number] | undefined): void => {
    if (values) found.push([`${column} >= ? AND ${column} < ?`, [...values]]);
  };
  list('id', query.ids);
  list('first_owner', query.firstOwners);
  list('n', query.numbers);
  if (query.talking) {
    const talks =
      'SELECT 1 FROM customer_talks AS talks WHERE customer = customers.n AND since >= ? AND since < ?';
    const [from, to] = query.talking;
    found.push([
      `EXISTS (${talks} AND max(talks.last_guest, coalesce(last_answer, 0)) >= ?)`,
      [from - longestTalk, to, from],
    ]);
  }
  list('owner', query.owners);
  list('link', query.links);
  list('source', query.sources);
  if (!query.withParts) found.push(['part_of IS NULL', []]);
  const { staff, stages, tags } = query;
  if (staff) {
    const all = JSON.stringify(staff);
    const helps = `EXISTS (SELECT 1 FROM json_each(helpers) WHERE ${oneOf('json_each.value')})`;
    found.push([`(${oneOf('owner')} OR ${helps})`, [all, all]]);
  }
  if (stages) {
    const named = JSON.stringify(stages.filter((stage) => stage !== null));
    found.push([stages.includes(null) ? `(stage IS NULL OR ${oneOf('stage')})` : oneOf('stage'), [named]]);
  }
  if (tags)
    found.push([
      `EXISTS (SELECT 1 FROM json_each(customers.tags) WHERE ${oneOf('json_each.value')})`,
      [JSON.stringify(tags)],
    ]);
  if (query.phone !== undefined) found.push(["phone_key <> '' AND phone_key = ?", [query.phone]]);
  if (query.mail !== undefined) found.push(["mail_key <> '' AND mail_key = ?", [query.mail]]);
  if (query.isEnded !== undefined) found.push([`ended_at IS ${query.isEnded ? 'NOT NULL' : 'NULL'}`, []]);
  span('begun_at', query.begun);
  span('ended_at', query.ended);
  span('changed_at', query.changed);
  span('next_at', query.next);
  if (query.unansweredBefore !== undefined)
    found.push(['unanswered_since IS NOT NULL AND unanswered_since < ?', [query.unansweredBefore]]);
  return found;
}

type Values = (string | number)[];

/** Different queries that are kept prepared. */
const mostPrepared = 100;

/** In the order of the statements that read them. */
type CustomerValues = [
  n: number,
  begunAt: number,
  endedAt: number | null,
  owner: MemberId | null,
  firstOwner: MemberId | null,
  link: string | null,
  source: string,
  stage: string | null,
  unansweredSince: number | null,
  isPart: number,
];
type TalkValues = [
  since: number,
  customer: number,
  owner: MemberId | null,
  link: string | null,
  source: string,
  firstAnswerAt: number | null,
  lastAnswerAt: number | null,
  lastGuestAt: number,
];

const mostTexts = 50_000;

/** The same few owners, links and channels stand in all lines: each text is kept once. */
function sameTexts(): <Text extends string | null>(text: Text) => Text {
  const known = new Map<string, string>();
  return (text) => {
    if (text === null) return text;
    const found = known.get(text);
    if (found !== undefined) return found as typeof text;
    if (known.size >= mostTexts) known.clear();
    known.set(text, text);
    return text;
  };
}

/** The table in an open database, as the logs say it: made anew from them where another Weft made it. */
export function createSqliteCustomers(database: SqliteDatabase): CustomersTable {
  const guarded = <T>(work: () => T): T => guardedBy(database, work);
  guarded(() => {
    if (!areCustomersCurrent(database)) rebuildCustomers(database);
  });
  const write = customersWriter(database);
  const prepared = new Map<string, Statement<Values>>();
  const statement = (sql: string): Statement<Values> => {
    let found = prepared.get(sql);
    if (!found) {
      if (prepared.size >= mostPrepared) prepared.clear();
      prepared.set(sql, (found = database.prepare<Values>(sql)));
    }
    return found;
  };
  const touched = new Set<number>();
  // Read by hundreds of thousands: as lists of values, which takes half as long as objects by the names of columns.
  const ofCustomer = `SELECT n, begun_at, ended_at, owner, first_owner, link, source, stage, unanswered_since,
    part_of IS NOT NULL FROM customers WHERE begun_at IS NOT NULL`;
  const ofTalk = `SELECT since, customer, owner, link, source, first_answer, last_answer, last_guest FROM customer_talks`;
  const counted = database
    .prepare<[number, number], CustomerValues>(`${ofCustomer} AND n > ? ORDER BY n LIMIT ?`)
    .raw();
  const countedOne = database.prepare<[number], CustomerValues>(`${ofCustomer} AND n = ?`).raw();
  const talksOf = database.prepare<[number], TalkValues>(`${ofTalk} WHERE customer = ? ORDER BY since`).raw();
  const talks = database
    .prepare<[number, number, number], TalkValues>(
      `${ofTalk} WHERE (since, customer) > (?, ?) ORDER BY since, customer LIMIT ?`,
    )
    .raw();
  const one = sameTexts();
  const asCounted = (values: CustomerValues): CountedCustomer => ({
    n: values[0],
    begunAt: values[1],
    endedAt: values[2],
    owner: one(values[3]),
    firstOwner: one(values[4]),
    link: one(values[5]),
    source: one(values[6]),
    stage: one(values[7]),
    unansweredSince: values[8],
    isPart: values[9] === 1,
  });
  const asTalk = (values: TalkValues): CountedTalk => ({
    since: values[0],
    customer: values[1],
    owner: one(values[2]),
    link: one(values[3]),
    source: one(values[4]),
    firstAnswerAt: values[5],
    lastAnswerAt: values[6],
    lastGuestAt: values[7],
  });

  const lines = (
    query: CustomersQuery,
    order: CustomersOrder,
    after: CustomersCursor | null,
    most: number,
  ): CustomerLine[] => {
    const all = conditions(query);
    const by = orders[order];
    if (order === 'unanswered') all.push(['unanswered_since IS NOT NULL', []]);
    if (after) all.push([`(${by}, n) > (?, ?)`, [after.at, after.n]]);
    const where = all.map(([sql]) => sql).join(' AND ');
    const sql = `SELECT ${columns} FROM customers WHERE ${where} ORDER BY ${by}, n LIMIT ?`;
    const values = all.flatMap(([, some]) => some);
    return guarded(() => (statement(sql).all(...values, most) as LineInTable[]).map(asLine));
  };

  return {
    told({ name, entry, state }) {
      const id = customerIn(name);
      if (id !== null) guarded(() => touched.add(write(id, name, entry, state)));
    },
    line: (id) => lines({ ids: [id], withParts: true }, 'n', null, 1)[0] ?? null,
    lines,
    count(query) {
      const all = conditions(query);
      const sql = `SELECT count(*) AS n FROM customers WHERE ${all.map(([each]) => each).join(' AND ')}`;
      const values = all.flatMap(([, some]) => some);
      return guarded(() => (statement(sql).get(...values) as { readonly n: number }).n);
    },
    touched() {
      const all = [...touched];
      touched.clear();
      return all;
    },
    countedOne: (n) =>
      guarded(() => {
        const customer = countedOne.get(n);
        return customer ? { customer: asCounted(customer), talks: talksOf.all(n).map(asTalk) } : null;
      }),
    counted: (after, most) => guarded(() => counted.all(after, most).map(asCounted)),
    talks: (after, most) =>
      guarded(() => talks.all(after?.since ?? 0, after?.customer ?? -1, most).map(asTalk)),
  };
}
