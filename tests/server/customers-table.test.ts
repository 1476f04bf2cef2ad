import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { LogEntry } from '../../shared/access/kind.ts';
import { guestOf } from '../../shared/base/guests.ts';
import {
  isFactId,
  newId,
  type CommandId,
  type CustomerId,
  type MemberId,
  type RoomId,
} from '../../shared/base/ids.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { customerKind } from '../../shared/features/customers/customer.ts';
import { phoneKey } from '../../shared/features/customers/match.ts';
import { talkGap } from '../../shared/features/customers/service.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import { parseRoom } from '../../shared/protocol/rooms.ts';
import type { CustomersTable } from '../../server/storage/customers-contract.ts';
import { createSqliteCustomers } from '../../server/storage/sqlite/customers.ts';
import { rebuildCustomers, wrongCustomers } from '../../server/storage/sqlite/customers-rebuild.ts';
import { openDatabase, type SqliteDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import { startRig, type Rig } from './relay-rig.ts';

const hour = 3_600_000;
const staff = ['ada', 'ben', 'eve'] as const;
const ids = ['c1', 'c2', 'c3'] as CustomerId[];

interface World {
  readonly rig: Rig;
  readonly table: CustomersTable;
  readonly database: SqliteDatabase;
  now: number;
  /** Every entry that was stored, in the order of the cursor. */
  readonly stored: { readonly room: RoomId; readonly entry: LogEntry }[];
  restart(): Promise<void>;
}

let ending: (() => Promise<void>) | null = null;
afterEach(() => ending?.());

async function start(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-customers-'));
  let now!: { readonly database: SqliteDatabase; readonly table: CustomersTable };
  const open = () => {
    const database = openDatabase(join(folder, 'weft.db'), { durability: 'process' });
    now = { database, table: createSqliteCustomers(database) };
    return createSqliteStore(database);
  };
  const clock = { at: Date.UTC(2026, 0, 5) };
  const rig = await startRig({
    open,
    projections: [{ told: (said) => now.table.told(said) }],
    clock: { now: () => clock.at },
  });
  const stored: World['stored'][number][] = [];
  const listen = (): void =>
    rig.relay.whenStored((rows) => {
      for (const { room, bytes } of rows)
        for (const entry of decodeLogRun(bytes)) stored.push({ room, entry });
    });
  await rig.people(...staff);
  listen();
  ending = async () => {
    await rig.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    rig,
    stored,
    get now() {
      return clock.at;
    },
    set now(at) {
      clock.at = at;
    },
    get table() {
      return now.table;
    },
    get database() {
      return now.database;
    },
    async restart() {
      await rig.restart();
      listen();
    },
  };
}

const fileOf = ({ rig }: World, id: string): RoomId => rig.room('customer', id);
const chatOf = ({ rig }: World, id: string): RoomId => rig.room('chat', `customer-${id}`);

let n = 0;
async function say(
  world: World,
  by: string,
  room: RoomId,
  type: string,
  data: unknown,
): Promise<CommandId | null> {
  const id = newId<CommandId>();
  const result = await world.rig.relay.command(world.rig.caller(by), { id, n: ++n, room, type, data });
  return result.ok && result.seq !== null ? id : null;
}

async function begin(world: World, id: CustomerId, owner: string): Promise<void> {
  const link = id === 'c3' ? null : { id: `link-${id}`, name: 'Shop', source: `source-${id}` };
  const data = { link, guest: guestOf(id), owner, name: '', tags: ['a'], language: 'en', consentAt: 1 };
  await world.rig.relay.appendFact(fileOf(world, id), 'customer.begin', guestOf(id), data);
}

/** What the figures are defined as, worked out from all entries at once and not as the table does. */
function expected(world: World, id: CustomerId) {
  const file = world.stored.filter(({ room }) => room === fileOf(world, id)).map(({ entry }) => entry);
  const state: CustomerState = customerKind.fold(customerKind.initial, file);
  const owners: MemberId[] = [];
  let owner: MemberId | null = null;
  let waiting: number | null = null;
  let last: CommandId | null = null;
  const talks: { since: number; owner: MemberId | null; answers: number[]; guest: number }[] = [];
  for (const { room, entry } of world.stored) {
    if (room === fileOf(world, id)) {
      if (entry.type === 'customer.begin' || entry.type === 'customer.assign') {
        owner = (entry.data as { owner: MemberId }).owner;
        owners.push(owner);
      }
      const open = talks.at(-1);
      if (open && open.answers.length === 0) open.owner = owner;
    }
    if (room !== chatOf(world, id)) continue;
    const byGuest = entry.by === guestOf(id);
    if (
      entry.type === 'chat.recall' &&
      byGuest &&
      (entry.data as { target: { id: string } }).target.id === last
    )
      waiting = null;
    if (entry.type !== 'chat.send' || (!byGuest && isFactId(entry.id))) continue;
    last = entry.id;
    const open = talks.at(-1);
    const answered = open?.answers.at(-1) ?? null;
    const isOpen = open && (answered === null || answered < open.guest || entry.at - answered <= talkGap);
    if (byGuest) {
      waiting ??= entry.at;
      if (isOpen) open.guest = entry.at;
      else talks.push({ since: entry.at, owner, answers: [], guest: entry.at });
    } else {
      waiting = null;
      if (!isOpen) continue;
      if (open.answers.length === 0) open.owner = owner;
      open.answers.push(entry.at);
    }
  }
  return {
    line: {
      ...{
        id,
        begunAt: state.begun?.at,
        endedAt: state.ended?.at ?? null,
        owner,
        firstOwner: owners[0],
        partOf: null,
      },
      ...{ helpers: state.helpers, link: state.link?.id ?? null, source: state.source, stage: state.stage },
      ...{ tags: state.tags, name: state.name, phone: state.phone, mail: state.mail, company: state.company },
      ...{ unansweredSince: state.ended ? null : waiting, changedAt: file.at(-1)?.at },
      nextAt: state.next?.at ?? null,
    },
    talks: talks.map(({ since, owner: of, answers, guest }) => ({
      ...{ since, owner: of, link: state.link?.id ?? null, source: state.source },
      ...{ firstAnswerAt: answers[0] ?? null, lastAnswerAt: answers.at(-1) ?? null, lastGuestAt: guest },
    })),
  };
}

function expectTable(world: World): void {
  const all = world.table.lines({}, 'n', null, 100);
  for (const id of ids) {
    const line = all.find((each) => each.id === id);
    const { line: wanted, talks } = expected(world, id);
    if (wanted.begunAt === undefined) {
      expect(line).toBeUndefined();
      continue;
    }
    expect(line).toMatchObject(wanted);
    const own = world.table
      .talks(null, 10_000)
      .filter(({ customer }) => customer === line!.n)
      .map(({ customer: _, ...talk }) => talk);
    expect(own).toEqual(talks);
  }
}

async function step(world: World, random: (below: number) => number): Promise<void> {
  const id = ids[random(ids.length)]!;
  const [file, chat, guest] = [fileOf(world, id), chatOf(world, id), guestOf(id)];
  const someone = (): string => staff[random(staff.length)]!;
  world.now += [1_000, 60_000, hour, 13 * hour, 30 * hour][random(5)]!;
  const said = world.stored.filter((each) => each.room === chat && each.entry.type === 'chat.send');
  const what = random(15);
  if (what < 4) await say(world, guest, chat, 'chat.send', { text: 'x' });
  else if (what < 7) await say(world, someone(), chat, 'chat.send', { text: 'y' });
  else if (what === 7 && said.length > 0) {
    const { entry } = random(2) ? said.at(-1)! : said[random(said.length)]!;
    await say(world, entry.by, chat, 'chat.recall', { target: { seq: entry.seq, id: entry.id } });
  } else if (what === 8)
    // What the relay says in somebody's name answers nobody. Where there is no conversation yet it may not.
    await world.rig.relay
      .appendFact(chat, 'chat.send', 'ada' as MemberId, { text: 'Welcome' })
      .catch(() => {});
  else if (what === 9) await say(world, someone(), file, 'customer.assign', { owner: someone() });
  else if (what === 13)
    await say(world, someone(), file, 'customer.followUp', {
      text: 'x',
      how: 'call',
      next: world.now + random(9),
    });
  else if (what === 10)
    await say(world, someone(), file, 'customer.help', { add: [someone()], remove: [someone()] });
  else if (what === 11) {
    const field = ['name', 'phone', 'mail', 'company'][random(4)]!;
    await say(world, someone(), file, 'customer.set', { field, value: `Á${random(9)}`, seen: -1 });
    await say(world, someone(), file, 'customer.stage', { stage: ['new', 'won'][random(2)] });
    await say(world, someone(), file, 'customer.tag', { add: [`t${random(4)}`], remove: [`t${random(4)}`] });
  } else if (what === 12)
    await say(world, someone(), file, random(2) ? 'customer.end' : 'customer.reopen', {});
  else if (random(3) === 0) await world.restart();
  else {
    // Of what is not stored nothing stays in the table either.
    const data = { name: 'Lost', phone: '1' };
    await world.rig.relay
      .appendFacts([{ room: file, type: 'customer.introduce', by: guest, data }], () => {
        throw new Error('no space');
      })
      .catch(() => {});
  }
}

test('the table says of every customer what their logs say, whatever happens', async () => {
  const seed = seedFromEnvironment();
  const random = seededRandom(seed);
  const world = await start();
  try {
    await begin(world, ids[0]!, 'ada');
    for (let i = 0; i < 250; i++) {
      if (i === 20) await begin(world, ids[1]!, 'ben');
      if (i === 40) await begin(world, ids[2]!, 'eve');
      await step(world, random);
      if (i % 50 === 49) expectTable(world);
    }
    expect(wrongCustomers(world.database)).toBe(0);
    rebuildCustomers(world.database);
    expectTable(world);
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  }
}, 60_000);

test('a check finds a line that is not as the logs say, and another version makes the table anew', async () => {
  const world = await start();
  await begin(world, ids[0]!, 'ada');
  await say(world, guestOf(ids[0]!), chatOf(world, ids[0]!), 'chat.send', { text: 'x' });
  expect(wrongCustomers(world.database)).toBe(0);
  world.database.exec("UPDATE customers SET owner = 'eve'; DELETE FROM customer_talks;");
  expect(wrongCustomers(world.database)).toBeGreaterThan(0);
  expect(world.table.line('c1')?.owner).toBe('eve');
  world.database.exec("UPDATE meta SET value = '0' WHERE key = 'customers-version'");
  const again = createSqliteCustomers(world.database);
  expect(again.line('c1')?.owner).toBe('ada');
  expect(wrongCustomers(world.database)).toBe(0);
});

test('customers are found by who has them, stage, tags, numbers and how long they wait, in pages', async () => {
  const world = await start();
  for (const [i, id] of ids.entries()) {
    world.now += hour;
    await begin(world, id, staff[i]!);
    await say(world, guestOf(id), chatOf(world, id), 'chat.send', { text: 'x' });
  }
  const [ada, ben, eve] = staff.map((name) => name as string as MemberId) as [MemberId, MemberId, MemberId];
  await say(world, ada, fileOf(world, 'c1'), 'customer.help', { add: [eve], remove: [] });
  await say(world, ada, fileOf(world, 'c1'), 'customer.set', {
    field: 'phone',
    value: '+86 138-0013-8000',
    seen: -1,
  });
  await say(world, ben, fileOf(world, 'c2'), 'customer.stage', { stage: 'won' });
  await say(world, ben, fileOf(world, 'c2'), 'customer.tag', { add: ['vip'], remove: [] });
  await say(world, eve, chatOf(world, 'c3'), 'chat.send', { text: 'y' });
  const found = (query: Parameters<CustomersTable['lines']>[0]): string[] =>
    world.table.lines(query, 'n', null, 10).map(({ id }) => id);
  expect(found({ owners: [ada, ben] })).toEqual(['c1', 'c2']);
  expect(found({ staff: [eve] })).toEqual(['c1', 'c3']);
  expect(found({ stages: [null] })).toEqual(['c1', 'c3']);
  expect(found({ stages: ['won'] })).toEqual(['c2']);
  expect(found({ tags: ['vip', 'no'] })).toEqual(['c2']);
  expect(found({ phone: phoneKey('138 0013 8000') })).toEqual(['c1']);
  expect(found({ sources: ['source-c2'] })).toEqual(['c2']);
  expect(found({ isEnded: true })).toEqual([]);
  expect(found({ unansweredBefore: world.now })).toEqual(['c1', 'c2']);
  expect(world.table.count({ owners: [ada, ben] })).toBe(2);
  const first = world.table.lines({}, 'unanswered', null, 1);
  const { unansweredSince: at, n: last } = first[0]!;
  expect(world.table.lines({}, 'unanswered', { at: at!, n: last }, 5).map(({ id }) => id)).toEqual(['c2']);
  expect(parseRoom(fileOf(world, 'c1'))?.id).toBe(first[0]!.id);
});
