import { afterEach, beforeEach, expect, test } from 'vitest';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CustomerId, RoomId } from '../../../shared/base/ids.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { customerKind } from '../../../shared/features/customers/customer.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import type { Rig, TestDevice } from '../relay-rig.ts';
import { handBack, heldBy, startFamily, type Family } from './restored.ts';

const guest = guestOf('c1' as CustomerId);
let family: Family;
let file: RoomId;
let chat: RoomId;
let ada: TestDevice;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 5);
  family = await startFamily({ clock: { now: () => ++now } });
  await family.first.people('ada', 'ben', 'eve');
  file = family.first.room('customer', 'c1');
  chat = family.first.room('chat', 'customer-c1');
  ada = await family.first.device('ada');
});
afterEach(() => family.end());

const begin = () =>
  family.first.relay.appendFact(file, 'customer.begin', guest, {
    ...{ link: null, guest, owner: 'ada', name: 'Mia', tags: [], language: 'en', consentAt: 1 },
  });
const fileIn = (rig: Rig): CustomerState => rig.relay.state(file) as CustomerState;
const membersIn = (rig: Rig): string[] => Object.keys((rig.relay.state(chat) as ChatState).members).sort();

test.each(['as they came', 'conversation first', 'the other way round'])(
  'what was lost of a customer comes back from devices (%s), file and conversation agreeing',
  async (order) => {
    await begin();
    const copy = family.copy();
    await ada.command(file, 'customer.help', { add: ['ben'], remove: [] });
    const page = await family.first.device(guest);
    const eve = await family.first.device('eve');
    await page.command(chat, 'chat.send', { text: 'hello' });
    await ada.command(file, 'customer.assign', { owner: 'eve' });
    await ada.command(chat, 'chat.send', { text: 'no longer mine' });
    await eve.command(file, 'customer.note', { text: 'kind' });
    const held = [...heldBy(ada), ...heldBy(eve)];
    const lost = held.filter(({ room, seq }) => (room === file || room === chat) && seq > 0);
    const sorted =
      order === 'as they came'
        ? lost
        : order === 'the other way round'
          ? [...lost].reverse()
          : [...lost].sort((a, b) => Number(a.room === file) - Number(b.room === file));

    const { rig } = await family.restore(copy);
    expect(membersIn(rig)).toEqual(['ada', guest]);
    const bringing = await rig.device('ada.again');
    for (let round = 0; round < 3; round++) await handBack(bringing, sorted);
    expect(fileIn(rig)).toMatchObject({ owner: 'eve', helpers: ['ben'] });
    expect(membersIn(rig)).toEqual(['ben', 'eve', guest]);
    const words = rig.relay
      .entries(null, chat, 0, 99)
      .flatMap(({ type, data }) => (type === 'chat.send' ? [(data as { text: string }).text] : []));
    expect(words).toEqual(['hello']);
    expect(rig.relay.mayRead('ada' as never, chat).ok).toBe(false);
  },
);

test('a customer who was ended before the relay was restored stays so, and their older sessions with them', async () => {
  await begin();
  const copy = family.copy();
  await ada.command(file, 'customer.end', {});
  const [ended] = family.first.relay.entries(null, file, 0, 9).filter(({ type }) => type === 'customer.end');
  const revoked = { entry: ended!, epoch: family.store.epoch };
  const { rig } = await family.restore(copy, { revoked: (room) => (room === file ? [revoked] : []) });
  const bringing = await rig.device('ada.again');
  await handBack(
    bringing,
    heldBy(ada).filter(({ room }) => room === file || room === chat),
  );
  expect(fileIn(rig).ended).not.toBeNull();
  expect(fileIn(rig).sessionsFrom).toBe(ended!.at);
  expect(rig.relay.actor(guest)?.active).toBe(false);
  expect((rig.relay.state(chat) as ChatState).ended).toBeDefined();
});

test.each(['as they came', 'the part first', 'the other way round'])(
  'two who were made one after the backup are one again when devices bring it back (%s), for the same people',
  async (order) => {
    const other = family.first.room('customer', 'c2');
    const second = family.first.room('chat', 'customer-c2');
    const theirs = guestOf('c2' as CustomerId);
    await begin();
    await family.first.relay.appendFact(other, 'customer.begin', theirs, {
      ...{
        link: null,
        guest: theirs,
        owner: 'ada',
        name: 'Mia M',
        tags: ['vip'],
        language: 'en',
        consentAt: 1,
      },
    });
    await ada.command(other, 'customer.help', { add: ['ben'], remove: [] });
    const copy = family.copy();
    await ada.command(file, 'customer.merge', { other: 'c2' });
    const eve = await family.first.device('eve');
    await ada.command(file, 'customer.assign', { owner: 'eve' });
    await eve.command(file, 'customer.note', { text: 'kind' });
    const rooms = [file, chat, other, second];
    const lost = [...heldBy(ada), ...heldBy(eve)].filter(({ room, seq }) => rooms.includes(room) && seq > 0);
    const sorted =
      order === 'as they came'
        ? lost
        : order === 'the other way round'
          ? [...lost].reverse()
          : [...lost].sort((a, b) => Number(a.room === file) - Number(b.room === file));
    const { rig } = await family.restore(copy);
    const bringing = await rig.device('ada.again');
    for (let round = 0; round < 3; round++) await handBack(bringing, sorted);
    expect(fileIn(rig)).toMatchObject({ owner: 'eve', helpers: ['ben'], tags: ['vip'] });
    expect(Object.keys(fileIn(rig).merged ?? {})).toEqual(['c2']);
    expect(rig.relay.state(other)).toMatchObject({ into: 'c1', owner: 'eve', helpers: ['ben'] });
    for (const [room, who] of [
      [chat, guest],
      [second, theirs],
    ] as const)
      expect(Object.keys((rig.relay.state(room) as ChatState).members).sort()).toEqual(['ben', 'eve', who]);
    for (const room of rooms) expect(rig.relay.mayRead('ada' as never, room).ok).toBe(false);
  },
);

test('who was taken out of a whole reads none of its parts on a relay that was restored to before they were one', async () => {
  const other = family.first.room('customer', 'c2');
  const second = family.first.room('chat', 'customer-c2');
  await begin();
  const theirs = guestOf('c2' as CustomerId);
  await family.first.relay.appendFact(other, 'customer.begin', theirs, {
    ...{ link: null, guest: theirs, owner: 'ada', name: '', tags: [], language: 'en', consentAt: 1 },
  });
  await ada.command(other, 'customer.help', { add: ['ben'], remove: [] });
  const copy = family.copy();
  await ada.command(file, 'customer.merge', { other: 'c2' });
  await ada.command(file, 'customer.help', { add: [], remove: ['ben'] });
  await ada.settle();
  // What the journal has of it, and nothing that a device could hand back.
  const journal = heldBy(ada).filter(({ room, bytes }) => {
    const isFile = room === file || room === other;
    return isFile && decodeLogRun(bytes).some(({ type }) => Object.hasOwn(customerKind.revoking, type));
  });
  const { rig } = await family.restore(copy);
  const bringing = await rig.device('ada.again');
  for (let round = 0; round < 2; round++) await handBack(bringing, journal);
  for (const room of [other, second]) {
    expect(rig.relay.mayRead('ben' as never, room).ok).toBe(false);
    expect(rig.relay.mayRead('ada' as never, room).ok).toBe(true);
  }
});
