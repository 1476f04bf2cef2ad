import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import { newId, type CommandId, type CustomerId, type MemberId, type RoomId } from '../../shared/base/ids.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import { staffOf } from '../../shared/features/customers/customer.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import type { HandoverState } from '../../shared/features/customers/handover-schema.ts';
import { createSqliteBroadcasts, rebuildBroadcasts } from '../../server/storage/sqlite/broadcasts.ts';
import { createSqliteCustomers } from '../../server/storage/sqlite/customers.ts';
import { wrongCustomers } from '../../server/storage/sqlite/customers-rebuild.ts';
import { openDatabase, type SqliteDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import { until } from '../support/relay-process.ts';
import { startRig } from './relay-rig.ts';

/* Everything that can be done with customers, in any order, with ends of the relay in between. */

const hour = 3_600_000;
const staff = ['ada', 'ben', 'eve'] as const;
const ids = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5'] as CustomerId[];

let ending: (() => Promise<void>) | null = null;
afterEach(() => ending?.());

async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'weft-walk-'));
  const clock = { at: Date.UTC(2026, 0, 5) };
  let database!: SqliteDatabase;
  const open = () => {
    database = openDatabase(join(folder, 'weft.db'), { durability: 'process' });
    tables = [createSqliteCustomers(database), createSqliteBroadcasts(database)];
    return createSqliteStore(database);
  };
  let tables!: readonly [ReturnType<typeof createSqliteCustomers>, ReturnType<typeof createSqliteBroadcasts>];
  const rig = await startRig({
    open,
    // Of the database that is open now.
    projections: [0, 1].map((at) => ({ told: (said) => tables[at as 0 | 1].told(said) })),
    customers: {
      line: (id) => tables[0].line(id),
      lines: (...asked) => tables[0].lines(...asked),
      count: (query) => tables[0].count(query),
    },
    clock: { now: () => clock.at },
  });
  await rig.people(...staff);
  ending = async () => {
    await rig.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { rig, clock, database: () => database, line: (id: string) => tables[0].line(id) };
}

type World = Awaited<ReturnType<typeof start>>;

const fileOf = ({ rig }: World, id: string): RoomId => rig.room('customer', id);
const chatOf = ({ rig }: World, id: string): RoomId => rig.room('chat', `customer-${id}`);
const stateOf = (world: World, id: string): CustomerState =>
  world.rig.relay.state(fileOf(world, id)) as CustomerState;

let n = 0;
/** Whether it was taken. */
async function say(world: World, by: string, room: RoomId, type: string, data: unknown): Promise<boolean> {
  const command = { id: newId<CommandId>(), n: ++n, room, type, data };
  return (await world.rig.relay.command(world.rig.caller(by), command)).ok;
}

const isDone = (state: HandoverState): boolean =>
  state.undo ? state.undo.over !== null : !state.begun || state.over !== null;

interface Jobs {
  readonly handovers: RoomId[];
  readonly broadcasts: RoomId[];
}

async function step(world: World, jobs: Jobs, random: (below: number) => number): Promise<void> {
  const { rig, clock } = world;
  const one = <T>(of: readonly T[]): T => of[random(of.length)]!;
  const [id, other, who, person] = [one(ids), one(ids), one(staff), one(staff)];
  const [file, chat, guest] = [fileOf(world, id), chatOf(world, id), guestOf(id)];
  // Whoever may do most, so that not everything is refused.
  const owner = random(4) ? (stateOf(world, id).owner ?? who) : who;
  const by = (type: string, data: unknown): Promise<boolean> => say(world, owner, file, type, data);
  const fact = (type: string, data: unknown): Promise<unknown> =>
    rig.relay.appendFact(file, type, guest, data).catch(() => null);
  clock.at += one([1_000, 60_000, hour, 13 * hour]);
  const isBegun = stateOf(world, id).begun !== null;
  const entry = (at: number, type: string, data: unknown) => ({
    ...{ n: at, id: newId(), type, by: 'zoe', at: clock.at - hour, data },
  });
  const values = { name: `N${random(9)}`, phone: `${random(9)}` };
  if (!isBegun) {
    const [how] = [random(3)];
    if (how === 0) await by('customer.create', { values, tags: ['a'] });
    else if (how === 1) {
      await say(world, 'ada', file, 'customer.import', entry(0, 'customer.create', { values, tags: ['b'] }));
      await say(world, 'ada', file, 'customer.import', entry(1, 'customer.stage', { stage: 'won' }));
      if (random(2)) await say(world, 'ada', file, 'customer.imported', {});
    } else {
      const begun = { link: null, guest, owner: who, name: 'G', tags: [], language: 'en', consentAt: 1 };
      await fact('customer.begin', begun);
    }
    return;
  }
  const said = rig.relay.entries(null, chat, 0, 500).filter(({ type }) => type === 'chat.send');
  const doings: readonly (() => Promise<unknown>)[] = [
    () => say(world, guest, chat, 'chat.send', { text: 'x' }),
    () => say(world, guest, chat, 'chat.send', { text: 'x' }),
    () => say(world, owner, chat, 'chat.send', { text: 'y' }),
    () => say(world, guest, rig.room('chat', `customer-${id}`, 'reads'), 'chat.read', { upTo: said.length }),
    async () => {
      const last = random(2) ? said.at(-1) : said[random(said.length || 1)];
      if (last) await say(world, last.by, chat, 'chat.recall', { target: { seq: last.seq, id: last.id } });
    },
    () => by('customer.merge', { other }),
    () => by('customer.merge', { other }),
    () => by('customer.split', { other }),
    () => by('customer.assign', { owner: person }),
    () => by('customer.help', { add: [person], remove: [who] }),
    () => by('customer.fill', { values, tags: [`t${random(4)}`] }),
    () => by('customer.set', { field: one(['name', 'mail', 'company']), value: `v${random(5)}`, seen: -1 }),
    () => by('customer.settle', { field: 'name', value: 'Zoe' }),
    () => by('customer.stage', { stage: one(['new', 'won']) }),
    () => by('customer.followUp', { text: 'x', how: 'call', next: clock.at + random(9) * hour }),
    () => by(one(['customer.end', 'customer.reopen']), {}),
    () => by('customer.invite', { code: 'S'.repeat(22), welcome: 'Hi' }),
    () =>
      stateOf(world, id).invite
        ? fact('customer.arrive', { code: 'S'.repeat(22), guest, name: 'M', language: 'en', consentAt: 1 })
        : Promise.resolve(),
    () => fact('customer.quiet', { on: random(3) === 0 }),
    () => fact('customer.unanswered', { since: clock.at - hour, owner: person }),
    () => fact('customer.looked', {}),
    () => say(world, 'ada', file, 'customer.imported', {}),
    async () => {
      const room = rig.room('handover', newId());
      const customers = random(2) ? null : [...new Set([id, other])];
      const to = { members: [person === owner ? one(staff) : person], rule: one(['turns', 'load']) };
      const wish = { from: owner, customers, to, words: one(['', null]), keep: random(2) === 0 };
      if (await say(world, owner, room, 'handover.begin', wish)) jobs.handovers.push(room);
    },
    async () => {
      const room = jobs.handovers.at(-1);
      if (room) await say(world, 'ada', room, 'handover.undo', {});
    },
    async () => {
      const broadcast = newId();
      const [main, list] = [rig.room('broadcast', broadcast), rig.room('broadcast', broadcast, 'list')];
      await say(world, who, main, 'broadcast.begin', { name: 'B' });
      await say(world, who, main, 'broadcast.words', { text: 'Hello', nameless: '' });
      await say(world, who, list, 'broadcast.add', { customers: ids });
      await say(world, who, main, 'broadcast.submit', { customers: ids.length, from: null, hours: null });
      jobs.broadcasts.push(main);
    },
    async () => {
      const main = jobs.broadcasts.at(-1);
      const type = one(['broadcast.approve', 'broadcast.decline', 'broadcast.stop']);
      if (main) await say(world, who, main, type, type === 'broadcast.approve' ? { without: [] } : {});
    },
    async () => {
      // Somebody leaves, and comes back.
      await say(world, 'ada', rig.room('directory', 'main'), 'member.remove', { member: 'eve' });
      await rig.relay.letGo('eve' as MemberId);
      await rig.people('eve');
      for (const each of ids) expect(stateOf(world, each).helpers).not.toContain('eve');
    },
    () => (random(3) ? Promise.resolve() : rig.restart()),
  ];
  await one(doings)();
}

/** What holds of all customers in every moment, whatever was done. */
function expectSound(world: World): void {
  const { rig } = world;
  for (const id of ids) {
    const state = stateOf(world, id);
    if (!state.begun) continue;
    const people = staffOf(state);
    if (!state.importing)
      expect(world.line(id), id).toMatchObject({
        ...{ owner: state.owner, helpers: state.helpers, tags: state.tags, stage: state.stage },
        ...{ partOf: state.into ?? null, nextAt: state.next?.at ?? null, endedAt: state.ended?.at ?? null },
      });
    else expect(world.line(id), id).toBeNull();
    // Exactly those who work with the file are in its conversation.
    if (state.guest !== null) {
      const chat = rig.relay.state(chatOf(world, id)) as ChatState;
      const readers = Object.keys(chat.members).filter((member) => member !== state.guest);
      expect(readers.sort(), id).toEqual([...people].sort());
    }
    for (const member of staff)
      expect(rig.relay.mayRead(member as string as MemberId, fileOf(world, id)).ok, `${member} ${id}`).toBe(
        people.includes(member as string as MemberId),
      );
    // A whole and its parts say the same of each other, and are for the same people.
    if (state.into !== undefined) expect(Object.keys(stateOf(world, state.into).merged ?? {})).toContain(id);
    for (const [part, { at }] of Object.entries(state.merged ?? {})) {
      const { ended, ...its } = stateOf(world, part);
      expect(its).toMatchObject({ into: id, owner: state.owner, helpers: state.helpers });
      if (state.ended && state.ended.at >= at) expect(ended, part).not.toBeNull();
    }
  }
}

const broadcastsIn = (database: SqliteDatabase): unknown[] =>
  database.prepare('SELECT * FROM broadcast_messages ORDER BY broadcast, customer').all();

test('whatever is done with customers, tables say what logs say, and files, parts and conversations agree', async () => {
  const seed = seedFromEnvironment();
  const random = seededRandom(seed);
  const world = await start();
  const jobs: Jobs = { handovers: [], broadcasts: [] };
  try {
    for (let i = 1; i <= 300; i++) {
      await step(world, jobs, random);
      expectSound(world);
    }
    const { rig } = world;
    for (const room of jobs.broadcasts) await say(world, 'ada', room, 'broadcast.stop', {});
    await until('all handovers are over', () =>
      jobs.handovers.every((room) => isDone(rig.relay.state(room) as HandoverState)),
    );
    expectSound(world);
    expect(wrongCustomers(world.database())).toBe(0);
    const told = broadcastsIn(world.database());
    rebuildBroadcasts(world.database());
    expect(broadcastsIn(world.database())).toEqual(told);
    // Each message to many came to nobody twice.
    for (const id of ids) {
      const said = rig.relay.entries(null, chatOf(world, id), 0, 5_000).flatMap(({ data }) => {
        const { broadcast } = data as { broadcast?: string };
        return broadcast === undefined ? [] : [broadcast];
      });
      expect(new Set(said).size).toBe(said.length);
    }
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  }
}, 120_000);
