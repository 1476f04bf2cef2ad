import { afterEach, expect, test } from 'vitest';
import { ofCompany, type FromRelay } from '../../../client/features/customers/exchange/archive-all.ts';
import { ArchiveImport, openArchive } from '../../../client/features/customers/exchange/archive-in.ts';
import {
  exportArchives,
  ofDevice,
  type Archived,
} from '../../../client/features/customers/exchange/archive-out.ts';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import type { ChatRow } from '../../../client/data/api.ts';
import { openConversationAt } from '../../../client/features/chat/import/weft.ts';
import type { SourceMessage } from '../../../client/features/chat/import/source.ts';
import { failure } from '../../../shared/base/errors.ts';
import { err, ok } from '../../../shared/base/result.ts';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CommandId, CustomerId, DeviceId, MemberId } from '../../../shared/base/ids.ts';
import { original } from '../../../shared/features/customers/exchange.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { makeWorld, type World } from '../../support/world.ts';
import type { WorldDevice } from '../../support/world-device.ts';

const worlds: World[] = [];
const pages: LocalWorkspace[] = [];
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  for (const world of worlds.splice(0)) await world.end();
});

async function newWorld(seed: number): Promise<World> {
  const world = await makeWorld(seed);
  worlds.push(world);
  return world;
}
const pageOn = (world: World, on: WorldDevice): LocalWorkspace => {
  const page = new LocalWorkspace({
    ...on.page(),
    workspace: world.store.workspace,
    me: on.member,
    device: on.device,
    role: 'member',
    startLeader: () => ({ stop: () => undefined }),
    onEnded: () => undefined,
    clearCaches: () => Promise.resolve(),
  });
  pages.push(page);
  return page;
};
/** One archive of all that a device has. */
async function exported(data: LocalWorkspace, signal: AbortSignal): Promise<Archived> {
  const made: Archived[] = [];
  for await (const each of exportArchives(data, ofDevice(data, data.customers), signal, () => undefined))
    made.push(each);
  expect(made).toHaveLength(1);
  return made[0]!;
}
/** Time of the world goes on until it is done. */
async function meanwhile<T>(world: World, work: Promise<T>): Promise<T> {
  let over = false;
  const end = (): void => void (over = true);
  work.then(end, end);
  while (!over) {
    await world.settle();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return work;
}

let n = 0;
async function says(world: World, by: string, room: string, type: string, data: unknown): Promise<CommandId> {
  n += 1;
  const [kind, id] = room.split('/') as [string, string];
  const command = { id: `said-${n}` as CommandId, n, room: world.room(kind, id), type, data };
  const caller = { member: by as MemberId, device: `${by}-elsewhere` as DeviceId, session: by };
  const taken = world.relay.command(caller, command);
  await world.settle();
  expect(await taken).toMatchObject({ ok: true });
  return command.id;
}
const joins = async (world: World, id: string, name: string, role: string): Promise<void> => {
  const data = { member: id, name, email: `${name}@example.org`, role };
  await meanwhile(
    world,
    world.relay.appendFact(world.room('directory', 'main'), 'member.join', id as MemberId, data),
  );
};
const fileOf = (world: World, id: string): CustomerState =>
  world.relay.state(world.room('customer', id)) as CustomerState;

/** Two customers, one with much behind them, and one who is a part of that one. */
async function origin(): Promise<World> {
  const world = await newWorld(5);
  await world.member('ann');
  await world.member('bo');
  await world.member('cy');
  const tags = { id: 'g', name: 'Kind', place: 1, tags: [{ id: 'vip', name: 'VIP' }] };
  const field = { id: 'size', name: 'Size', type: 'choice', choices: ['S', 'L'], place: 1 };
  await says(world, 'ann', 'customers/main', 'customers.tagGroup', tags);
  await says(world, 'ann', 'customers/main', 'customers.field', field);
  await says(world, 'ann', 'customers/main', 'customers.texts', { privacy: 'We keep it.' });
  const link = {
    ...{ id: 'l1', code: 'Abcdefghijklmnop', name: 'Shop', on: true, until: null, to: { member: 'ann' } },
    ...{ source: 'web', tags: ['vip'], welcome: 'Hi', hours: null, away: '' },
  };
  await says(world, 'ann', 'customers/main', 'customers.link', link);
  for (const id of ['c1', 'c2']) {
    const guest = guestOf(id as CustomerId);
    const from = { id: 'l1', name: 'Shop', source: 'web' };
    const begun = { link: from, guest, owner: 'ann', name: `Mia ${id}`, tags: ['vip'], language: 'zh' };
    const room = world.room('customer', id);
    await meanwhile(world, world.relay.appendFact(room, 'customer.begin', guest, { ...begun, consentAt: 7 }));
    await says(world, guest, `chat/customer-${id}`, 'chat.send', { text: `hello from ${id}` });
  }
  const [file, chat] = ['customer/c1', 'chat/customer-c1'];
  await says(world, 'ann', file, 'customer.help', { add: ['bo', 'cy'], remove: [] });
  await says(world, 'ann', file, 'customer.set', { field: 'phone', value: '1', seen: -1 });
  await says(world, 'bo', file, 'customer.set', { field: 'phone', value: '2', seen: -1 });
  await says(world, 'bo', file, 'customer.set', { field: 'size', value: 'L', seen: -1 });
  const note = await says(world, 'bo', file, 'customer.note', { text: 'likes boats' });
  const seq = (await rowsOf(world, 'customer', 'c1')).find(({ id }) => id === note)!.seq;
  await says(world, 'bo', file, 'customer.editNote', { target: { seq, id: note }, text: 'likes big boats' });
  await says(world, 'ann', file, 'customer.stage', { stage: 'talk' });
  await says(world, 'bo', file, 'customer.followUp', { text: 'called', how: 'call', next: 99_000 });
  const sent = await says(world, 'ann', chat, 'chat.send', { text: 'Good **morning**, how are you?' });
  const at = (await rowsOf(world, 'chat', 'customer-c1')).find(({ id }) => id === sent)!.seq;
  const target = { seq: at, id: sent };
  await says(world, 'ann', chat, 'chat.edit', { target, text: 'Good evening' });
  await says(world, 'bo', chat, 'chat.send', { text: 'and from me', reply: target });
  await says(world, 'bo', chat, 'chat.react', { target, emoji: ['🎉'] });
  await says(world, 'ann', file, 'customer.help', { add: [], remove: ['cy'] });
  await says(world, 'ann', file, 'customer.merge', { other: 'c2' });
  const written = { values: { name: 'Zoe', mail: 'zoe@x.org' }, tags: [], source: 'fair' };
  await says(world, 'ann', 'customer/c3', 'customer.create', written);
  const wrong = await says(world, 'ann', 'customer/c3', 'customer.note', { text: 'hates boats' });
  await says(world, 'ann', 'customer/c3', 'customer.dropNote', { target: { seq: 1, id: wrong } });
  return world;
}

/** The relay of that world, as its routes answer (`customers-archive.test.ts`), a few entries at a time. */
function relayOf(world: World, files: Readonly<Record<string, string>>): FromRelay {
  const { relay } = world;
  const few = 2;
  const stateOf = (id: string) => fileOf(world, id);
  return {
    beginArchive: () => Promise.resolve(ok(undefined)),
    archivedCustomers: (after = 0) => {
      const ids = ['c2', 'c1', 'c3', 'c4'];
      const customers = ids.slice(after, after + few).map((id) => {
        const { name, owner, helpers, into } = stateOf(id);
        return { id, name, owner, helpers, partOf: into ?? null };
      });
      return Promise.resolve(ok({ customers, next: after + few < ids.length ? after + few : null }));
    },
    archivedEntries: (id, from) => {
      const isFirst = Object.keys(from).length === 0;
      const read = (kind: string, of: string, at: number | undefined) => {
        if (at === undefined && !isFirst) return { entries: [], next: null };
        const entries = relay.entries(null, world.room(kind, of), at ?? 0, few);
        const end = (entries.at(-1)?.seq ?? -1) + 1;
        return { entries, next: end < relay.head(world.room(kind, of)) ? end : null };
      };
      const [file, chat] = [read('customer', id, from.file), read('chat', `customer-${id}`, from.chat)];
      const answer = { file: file.entries, fileNext: file.next, chat: chat.entries, chatNext: chat.next };
      return Promise.resolve(ok(JSON.parse(JSON.stringify(answer)) as typeof answer));
    },
    archivedFile: (_id, hash) =>
      Promise.resolve(
        Object.hasOwn(files, hash) ? ok(new Blob([files[hash]!])) : err(failure('not-kept', 'gone')),
      ),
  };
}

async function rowsOf(world: World, kind: string, id: string) {
  const { entriesOf } = await import('../../../server/relay/log-rooms.ts');
  return entriesOf(world.store.rowsFrom(world.room(kind, id), 0, 10_000)).map(original);
}
async function messagesOf(zip: Parameters<typeof openConversationAt>[0], path: string) {
  const messages: SourceMessage[] = [];
  for await (const piece of (await openConversationAt(zip, path))!.messages(() => undefined))
    messages.push(...piece);
  const named = ({
    name,
    at,
    text,
    reactions,
    versions,
    edited,
    recalled,
    replyTo,
    files,
  }: SourceMessage) => ({
    ...{ name, at, text, reactions, versions, edited, recalled, files },
    answers: messages.find(({ id }) => id === replyTo)?.text ?? null,
  });
  return messages.map(named);
}

test('customers of one relay are equal in an empty other one: files, history, authors, times, conversations', async () => {
  const there = await origin();
  const annDevice = there.device('ann' as MemberId, 'there');
  await there.settle();
  const ann = pageOn(there, annDevice);
  await there.settle();
  const signal = new AbortController().signal;
  const made = await meanwhile(there, exported(ann, signal));
  expect(made).toMatchObject({ customers: 3, missing: [] });

  const here = await newWorld(6);
  await joins(here, 'ann-b', 'ann', 'owner');
  await joins(here, 'bo-b', 'bo', 'member');
  const device = here.device('ann-b' as MemberId, 'here');
  await here.settle();
  const data = pageOn(here, device);
  await here.settle();
  const archive = (await openArchive(data, made.file))!;
  expect(Object.fromEntries(archive.members)).toEqual({ ann: 'ann-b', bo: 'bo-b' });
  const run = new ArchiveImport(data, archive, signal);
  await meanwhile(here, run.settings());
  for (const one of archive.head.customers) expect(await meanwhile(here, run.customer(one))).toBe('came');
  // Nothing comes twice.
  for (const one of archive.head.customers) expect(await meanwhile(here, run.customer(one))).toBe('here');

  const asHere = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(/"(ann|bo)"/g, '"$1-b"')) as unknown;
  for (const id of ['c1', 'c2', 'c3']) {
    const { imported, ...state } = fileOf(here, id);
    expect(imported).toMatchObject({ by: 'ann-b' });
    expect(state).toEqual(asHere(fileOf(there, id)));
    const entries = (await rowsOf(here, 'customer', id)).filter(({ type }) => type !== 'customer.imported');
    expect(entries.map(({ seq, id: name, type, by, at }) => ({ seq, id: name, type, by, at }))).toEqual(
      asHere(
        (await rowsOf(there, 'customer', id)).map(({ seq, id: name, type, by, at }) => ({
          ...{ seq, id: name, type, by, at },
        })),
      ),
    );
  }
  expect(data.customerSettings).toMatchObject({
    tagGroups: { g: { tags: [{ id: 'vip', name: 'VIP' }] } },
    fields: { size: { choices: ['S', 'L'] } },
    texts: { privacy: 'We keep it.' },
    links: { l1: { code: 'Abcdefghijklmnop', to: { member: 'ann-b' } } },
  });
  const members = (world: World, id: string): string[] =>
    Object.keys((world.relay.state(world.room('chat', `customer-${id}`)) as ChatRow['state']).members).sort();
  expect(members(here, 'c1')).toEqual(asHere(members(there, 'c1')));
  expect(members(here, 'c2')).toEqual(asHere(members(there, 'c2')));

  // What was said is the same in an archive of the archive.
  const again = await meanwhile(here, exported(data, signal));
  const second = (await openArchive(data, again.file))!;
  for (const { path, conversation } of archive.head.customers) {
    if (!conversation) continue;
    const first = await messagesOf(archive.zip, `${path}conversation.json`);
    expect(first.length).toBeGreaterThan(0);
    expect(await messagesOf(second.zip, `${path}conversation.json`)).toEqual(first);
  }
}, 60_000);

test('all customers of the company come from the relay, also those who are with others, and are equal in an empty one', async () => {
  const there = await origin();
  await says(there, 'bo', 'customer/c4', 'customer.create', { values: { name: 'Kai' }, tags: [] });
  const [plan, gone] = ['a'.repeat(64), 'b'.repeat(64)];
  const file = (hash: string) => ({ hash, name: `${hash[0]}.txt`, size: 4, type: 'text/plain' });
  const sent = { text: 'The plan', files: [file(plan), file(gone)] };
  await says(there, guestOf('c2' as CustomerId), 'chat/customer-c2', 'chat.send', sent);
  // As a handover says it.
  await meanwhile(
    there,
    there.relay.appendFact(there.room('customer', 'c3'), 'customer.assign', 'ann' as MemberId, {
      ...{ owner: 'bo', helpers: ['ann'], handover: { id: 'h1' } },
    }),
  );
  const cyDevice = there.device('cy' as MemberId, 'office');
  await there.settle();
  const cy = pageOn(there, cyDevice);
  await there.settle();
  expect(cy.customers).toEqual([]);
  const { signal } = new AbortController();
  const write = async (): Promise<Archived[]> => {
    const all: Archived[] = [];
    const sources = await ofCompany(cy, relayOf(there, { [plan]: 'plan' }));
    for await (const each of exportArchives(cy, sources, signal, () => undefined)) all.push(each);
    return all;
  };
  const [made] = await meanwhile(there, write());
  expect(made).toMatchObject({ customers: 4 });
  expect(made!.missing).toHaveLength(1);
  expect(made!.missing[0]).toMatch(/^Mia c2: b\.txt: /);
  // Nothing of it stayed where it was made.
  expect(cy.customers).toEqual([]);

  const here = await newWorld(8);
  for (const [name, role] of [
    ['ann', 'owner'],
    ['bo', 'member'],
    ['cy', 'member'],
  ] as const)
    await joins(here, `${name}-b`, name, role);
  const device = here.device('ann-b' as MemberId, 'here');
  await here.settle();
  const data = pageOn(here, device);
  await here.settle();
  const archive = (await openArchive(data, made!.file))!;
  expect(archive.head.customers.map(({ id }) => id)).toEqual(['c1', 'c2', 'c3', 'c4']);
  const talk = `${archive.head.customers[1]!.path}conversation.json`;
  const [attached] = (await messagesOf(archive.zip, talk)).flatMap(({ files }) => files ?? []);
  expect(attached).toMatchObject({ name: 'a.txt' });
  const run = new ArchiveImport(data, archive, signal);
  await meanwhile(here, run.settings());
  for (const one of archive.head.customers)
    if (one.id !== 'c2') expect(await meanwhile(here, run.customer(one)), one.id).toBe('came');
  const asHere = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(/"(ann|bo|cy)"/g, '"$1-b"')) as unknown;
  for (const id of ['c1', 'c3', 'c4']) {
    const { imported: _, ...state } = fileOf(here, id);
    expect(state, id).toEqual(asHere(fileOf(there, id)));
  }
  expect(fileOf(here, 'c3')).toMatchObject({ owner: 'bo-b', helpers: ['ann-b'], handed: { id: 'h1' } });
  expect(JSON.stringify(await rowsOf(here, 'customer', 'c3'))).not.toContain('hates');
}, 60_000);

test('an import that stopped goes on where it was, and nobody but who imports sees what is not whole', async () => {
  const there = await origin();
  const source = there.device('ann' as MemberId, 'there');
  await there.settle();
  const ann = pageOn(there, source);
  await there.settle();
  const whole = new AbortController().signal;
  const made = await meanwhile(there, exported(ann, whole));
  const here = await newWorld(7);
  await joins(here, 'bo-b', 'bo', 'owner');
  await joins(here, 'ann-b', 'ann', 'member');
  const device = here.device('bo-b' as MemberId, 'here');
  await here.settle();
  const data = pageOn(here, device);
  await here.settle();
  const archive = (await openArchive(data, made.file))!;
  const stop = new AbortController();
  const first = archive.head.customers.find(({ id }) => id === 'c1')!;
  const cut = new ArchiveImport(data, archive, stop.signal).customer(first);
  while (!fileOf(here, 'c1').importing) await meanwhile(here, here.settle());
  stop.abort();
  expect(await meanwhile(here, cut)).toBe('stopped');
  await here.settle();
  expect(here.relay.mayRead('ann-b' as MemberId, here.room('customer', 'c1')).ok).toBe(false);
  expect(data.customers).toEqual([]);
  const run = new ArchiveImport(data, archive, whole);
  expect(await meanwhile(here, run.customer(first))).toBe('came');
  expect(fileOf(here, 'c1')).toMatchObject({ owner: 'ann-b', helpers: ['bo-b'], tags: ['vip'] });
  expect(here.relay.mayRead('ann-b' as MemberId, here.room('customer', 'c1')).ok).toBe(true);
}, 60_000);
