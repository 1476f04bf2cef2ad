import { expect, test } from 'vitest';
import { Met } from '../../../client/data/reactive/met.svelte.ts';
import type { Meta, MetPerson } from '../../../client/data/storage/contract.ts';
import type { MemberId } from '../../../shared/base/ids.ts';
import type { DirectoryState, Member } from '../../../shared/features/directory/schema.ts';

const id = (name: string): MemberId => name as MemberId;
const person = (name: string): Member => ({
  ...{ id: id(name), name, email: '', post: '', phone: '', about: '', role: 'member', joinedAt: 1 },
  leftAt: null,
});
const directory = (part: boolean): DirectoryState => ({
  ...{ name: 'x', members: { ada: person('ada') } as DirectoryState['members'] },
  ...(part ? { partial: true } : {}),
});

/** A page with a device's store, a relay that may be away, and time in one's hand. */
function page(kept: Partial<Meta> = {}) {
  let meta: Meta = { epoch: null, cursor: 0, syncedAt: null, damaged: [], ...kept };
  const asked: string[][] = [];
  const due: (() => void)[] = [];
  const world = { isAway: false };
  const met = new Met({
    meta: {
      read: () => Promise.resolve(meta),
      write: (change) => Promise.resolve(void (meta = { ...meta, ...change })),
    },
    timers: {
      now: () => 0,
      after(_milliseconds, run) {
        due.push(run);
        return () => {};
      },
    },
    ask(ids) {
      if (world.isAway) return Promise.reject(new Error('away'));
      asked.push([...ids]);
      const known = ids.filter((each) => each.startsWith('met'));
      return Promise.resolve(known.map((each) => ({ id: each, name: `Name of ${each}`, leftAt: null })));
    },
  });
  const pass = async (): Promise<void> => {
    for (const run of due.splice(0)) run();
    await new Promise((done) => setImmediate(done));
  };
  return { met, asked, world, pass, kept: () => meta.met };
}

test('who is not shown is found under their id by name, and is in no list', async () => {
  const { met, asked, pass, kept } = page();
  const { members } = met.in(directory(true));
  expect([members[id('met1')], members[id('met2')], members[id('met1')]]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  await pass();
  expect(asked).toEqual([['met1', 'met2']]);
  expect(members[id('met1')]).toMatchObject({ name: 'Name of met1', email: '', phone: '', leftAt: null });
  expect(members[id('ada')]?.name).toBe('ada');
  expect(Object.keys(members)).toEqual(['ada']);
  expect(Object.hasOwn(members, 'met1')).toBe(false);
  expect(kept()).toEqual({
    met1: { name: 'Name of met1', leftAt: null },
    met2: { name: 'Name of met2', leftAt: null },
  });
});

test('what was known before is there at once, and the relay is asked again when it is back', async () => {
  const before: Record<MemberId, MetPerson> = { [id('met1')]: { name: 'Before', leftAt: null } };
  const { met, asked, world, pass } = page({ met: before });
  world.isAway = true;
  const { members } = met.in(directory(true));
  expect(members[id('met1')]).toBeUndefined();
  await pass();
  expect(members[id('met1')]?.name).toBe('Before');
  world.isAway = false;
  await pass();
  expect(asked).toEqual([['met1']]);
  expect(members[id('met1')]?.name).toBe('Name of met1');
});

test('whoever sees everything asks for nobody', async () => {
  const { met, asked, pass } = page();
  const whole = directory(false);
  expect(met.in(whole)).toBe(whole);
  const { members } = met.in(directory(true));
  for (const name of ['constructor', 'toString', '__proto__', '', 'no name']) void members[id(name)];
  await pass();
  expect(asked).toEqual([]);
});
