import { expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import type { CommandId, CustomerId, DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import { staffOf } from '../../shared/features/customers/customer.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import type { WorldDevice } from '../support/world-device.ts';
import { makeWorld, type World } from '../support/world.ts';

/*
 * Two sellers without a network merge, take apart, hand over and change the same customers, and come back in either order:
 * all copies say the same then, and whoever was refused is told of it.
 */

const ids = ['c0', 'c1', 'c2', 'c3'] as CustomerId[];
const people = ['ann', 'bo', 'cy'] as const;

interface Seller {
  readonly member: MemberId;
  readonly device: WorldDevice;
  readonly sent: { readonly id: CommandId; readonly type: string }[];
}

async function begin(world: World, id: CustomerId, owner: MemberId): Promise<void> {
  const guest = guestOf(id);
  const data = { link: null, guest, owner, name: `N${id}`, tags: [], language: 'en', consentAt: 1 };
  const begun = world.relay.appendFact(world.room('customer', id), 'customer.begin', guest, data);
  await world.quiet();
  await begun;
}

async function change(world: World, { member, device, sent }: Seller): Promise<void> {
  const one = <T>(of: readonly T[]): T => of[world.below(of.length)]!;
  const [id, other, person] = [one(ids), one(ids), one(people)];
  const [type, data] = one<readonly [string, unknown]>([
    ['customer.merge', { other }],
    ['customer.merge', { other }],
    ['customer.split', { other }],
    ['customer.assign', { owner: person }],
    ['customer.help', { add: [person], remove: [] }],
    ['customer.help', { add: [], remove: [person] }],
    ['customer.set', { field: 'phone', value: String(world.below(9)), seen: -1 }],
    ['customer.tag', { add: [`t${world.below(3)}`], remove: [`t${world.below(3)}`] }],
    ['customer.stage', { stage: one(['new', 'won']) }],
    ['customer.fill', { values: { company: `C${world.below(3)}` }, tags: ['f'] }],
    ['customer.note', { text: 'words' }],
    ['customer.followUp', { text: 'call', how: 'call', next: world.clock.now() + world.below(9) }],
    [one(['customer.end', 'customer.reopen']), {}],
    ['handover.begin', { from: member, customers: [id], to: { members: [person], rule: 'turns' } }],
  ]);
  const isHandover = type === 'handover.begin';
  const room = isHandover ? world.room('handover', `h-${member}-${sent.length}`) : world.room('customer', id);
  const all = isHandover ? { ...(data as object), words: null, keep: false } : data;
  sent.push({ id: await device.send(room, type, all), type });
}

const recordsOf = async ({ device }: Seller): Promise<Map<RoomId, unknown>> =>
  new Map(
    (await device.storage.rooms.all())
      .filter(({ room }) => /\/(customer|chat|handover)\//.test(room) && !room.includes(':'))
      .map(({ room, state }) => [room, state]),
  );

/** Ends with an error where anything of it does not hold. */
async function live(seed: number): Promise<void> {
  const world = await makeWorld(seed);
  try {
    const members: MemberId[] = [];
    for (const name of people) members.push(await world.member(name));
    const [ann, bo] = members as [MemberId, MemberId];
    for (const id of ids) await begin(world, id, world.below(2) ? ann : bo);
    for (const id of ids) {
      const { owner } = world.relay.state(world.room('customer', id)) as CustomerState;
      const add = members.filter((member) => member !== owner && world.below(2) === 0);
      await world.commands(owner!, [[world.room('customer', id), 'customer.help', { add, remove: [] }]]);
    }
    const sellers: Seller[] = members.map((member) => ({
      member,
      device: world.device(member, 'd'),
      sent: [],
    }));
    await world.settle();
    for (const { device } of sellers) device.goOffline();
    for (let i = 0; i < 24; i++) await change(world, sellers[world.below(2)]!);
    for (const each of world.below(2) ? sellers : [...sellers].reverse()) {
      each.device.goOnline();
      await world.step(world.below(60));
    }
    await world.settle(20_000);

    for (const each of sellers) {
      const records = await recordsOf(each);
      const queue = new Map((await each.device.storage.outbox.all()).map((one) => [one.id, one]));
      for (const { id, type } of each.sent) {
        const result = world.store.settled(`${each.member}-d` as DeviceId, id);
        if (result === 'damaged') throw new Error(`what became of ${type} is damaged`);
        // Taken, or the person is told why not: also of what the customer was lost before it could be sent.
        if (!result) expect(queue.get(id)?.failure?.code, type).toBe('forbidden');
        else if (result.ok) expect(queue.has(id), type).toBe(false);
        else expect(queue.get(id)?.failure?.code, type).toBe(result.code);
      }
      // What may be read is here as the relay has it, and nothing else.
      for (const kind of ['customer', 'chat'])
        for (const id of ids) {
          const room = world.room(kind, kind === 'chat' ? `customer-${id}` : id);
          if (world.relay.mayRead(each.member, room).ok)
            expect(records.get(room), `${each.member} ${room}`).toEqual(world.relay.state(room));
          else expect(records.has(room), `${each.member} ${room}`).toBe(false);
        }
    }
    for (const id of ids) {
      const state = world.relay.state(world.room('customer', id)) as CustomerState;
      const chat = world.relay.state(world.room('chat', `customer-${id}`)) as ChatState;
      expect(Object.keys(chat.members).sort()).toEqual([guestOf(id), ...staffOf(state)].sort());
      for (const part of Object.keys(state.merged ?? {}))
        expect(world.relay.state(world.room('customer', part))).toMatchObject({
          ...{ into: id, owner: state.owner, helpers: state.helpers },
        });
      if (state.into !== undefined) {
        const whole = world.relay.state(world.room('customer', state.into)) as CustomerState;
        expect(Object.keys(whole.merged ?? {})).toContain(id);
      }
    }
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  } finally {
    await world.end();
  }
}

test('sellers who change the same customers without a network agree when they are back', async () => {
  for (let seed = 1; seed <= 20; seed++) await live(seed);
}, 120_000);
