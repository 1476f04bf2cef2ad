import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import { newId, type CommandId, type CustomerId, type RoomId } from '../../shared/base/ids.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { startFamily, type Family } from './backup/restored.ts';
import { member, type Rig, type TestDevice } from './relay-rig.ts';

const customer = 'c1' as CustomerId;
const guest = guestOf(customer);

let family: Family;
let rig: Rig;
let ada: TestDevice;
let file: RoomId;

beforeEach(async () => {
  family = await startFamily();
  rig = family.first;
  await rig.people('ada', 'ben');
  file = rig.room('customer', customer);
  await rig.relay.appendFact(file, 'customer.begin', guest, {
    ...{ link: null, guest, owner: 'ada', name: '', tags: [], language: 'en', consentAt: 5 },
  });
  ada = await rig.device('ada');
  await ada.command(file, 'customer.help', { add: ['ben'], remove: [] });
});
afterEach(() => family.end());

const everything = (of: Rig): string =>
  JSON.stringify([of.relay.entries(member('ben'), file, 0, 1_000), of.relay.state(file)]);

async function dropped(): Promise<{ seq: number; id: CommandId }> {
  const id = newId<CommandId>();
  const noted = await ada.command(file, 'customer.note', { text: 'the first quokka' }, id);
  if (!noted.ok) throw new Error(noted.message);
  const target = { seq: noted.seq!, id };
  await ada.command(file, 'customer.editNote', { target, text: 'the second quokka' });
  // Written without a network: where the note is was a guess.
  const guessed = { seq: 99_999, id };
  expect(await ada.command(file, 'customer.dropNote', { target: guessed })).toMatchObject({ ok: true });
  return target;
}

test('a note that is deleted leaves no words in the log, the state, the database and its copies', async () => {
  const target = await dropped();
  expect(everything(rig)).not.toMatch(/quokka/);
  const [note] = rig.relay.entries(null, file, target.seq, 1);
  expect(note).toMatchObject({ id: target.id, type: 'customer.note', by: 'ada', data: { erased: true } });
  expect((rig.relay.state(file) as CustomerState).lastNote).toBeNull();
  const copy = family.copy();
  expect(readFileSync(copy).toString('latin1')).not.toMatch(/quokka/);
  const { rig: again } = await family.restore(copy);
  expect(everything(again)).not.toMatch(/quokka/);
});

test('nothing is said of it any more, and nobody else deletes it', async () => {
  const id = newId<CommandId>();
  const noted = await ada.command(file, 'customer.note', { text: 'kept' }, id);
  const target = { seq: noted.ok ? noted.seq! : -1, id };
  const ben = await rig.device('ben');
  expect(await ben.command(file, 'customer.dropNote', { target })).toMatchObject({ code: 'forbidden' });
  expect(everything(rig)).toMatch(/kept/);
  const gone = await dropped();
  for (const [type, data] of [
    ['customer.editNote', { target: gone, text: 'a third quokka' }],
    ['customer.dropNote', { target: gone }],
  ] as const)
    expect(await ada.command(file, type, data)).toMatchObject({ ok: true, seq: null });
  expect(everything(rig)).not.toMatch(/quokka/);
});
