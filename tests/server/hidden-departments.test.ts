import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { DirectoryState } from '../../shared/features/directory/schema.ts';
import { directoryKind } from '../../shared/features/directory/kind.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { member, startRig, type Rig, type TestDevice } from './relay-rig.ts';

/* Gus works in a department that is hidden from Kim, who tries everything to know of it. */

let rig: Rig;
let ada: TestDevice;
let kim: TestDevice;
let directory: RoomId;
const secrets = ['gus', 'Secret Lab', 'lab-id', 'lab-below', '555-0100'];

beforeEach(async () => {
  rig = await startRig({ bounds: { queue: 64 * 1024 * 1024 } });
  await rig.people('ada', 'kim', 'gus', 'liu');
  directory = rig.room('directory', 'main');
  ada = await rig.device('ada');
  const named = (department: string, name: string, parent: string | null = null) => ({
    ...{ department, name, parent, order: 1 },
  });
  await tell('department.create', named('works', 'Works'));
  await tell('department.create', named('lab-id', 'Secret Lab'));
  await tell('department.create', named('lab-below', 'Secret Lab 2', 'lab-id'));
  await tell('member.place', { members: ['gus'], join: ['lab-below'] });
  await tell('member.place', { members: ['kim', 'liu'], join: ['works'] });
  await tell('member.edit', { member: 'gus', phone: '555-0100' });
});
afterEach(() => rig.stop());

async function tell(type: string, data: unknown): Promise<void> {
  expect([type, await ada.command(directory, type, data)]).toMatchObject([type, { ok: true }]);
}
const hide = (shownTo: unknown = { departments: [], members: [] }) =>
  tell('department.show', { department: 'lab-id', shownTo });

/** Everything a device was told, bytes as the letters they hold. */
const told = (device: TestDevice): string =>
  JSON.stringify(device.said, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
const knows = (device: TestDevice): string[] => secrets.filter((each) => told(device).includes(each));

/** What a device that holds this makes of the rows it was pushed. */
const followed = (device: TestDevice, held: unknown): DirectoryState =>
  directoryKind.fold(
    held as DirectoryState,
    device
      .rows()
      .filter(({ room }) => room === directory)
      .flatMap(({ bytes }) => decodeLogRun(bytes)),
  );
const held = async (device: TestDevice): Promise<DirectoryState> => {
  const [content] = (await device.pull({ room: directory })).rooms;
  if (content?.kind !== 'log') throw new Error('no log');
  return directoryKind.fold((content.base ?? directoryKind.initial) as DirectoryState, content.entries);
};
/** The directory as this member may see it. */
const visible = (name: string): DirectoryState => {
  const state = rig.relay.directory();
  return directoryKind.partly!.shown(state, directoryKind.partly!.keyOf(state, member(name)));
};

describe('a hostile device of somebody from whom it is hidden', () => {
  beforeEach(async () => {
    await hide();
    kim = await rig.device('kim');
  });

  it('is told nothing of it when it asks for the directory, whatever it says it has', async () => {
    const { head } = kim.welcome;
    for (let have = 0; have <= rig.store.room(directory)!.rows + 2; have++) {
      const { rooms } = await kim.pull({ room: directory, have, cursor: head - 1 });
      expect(rooms).toMatchObject([{ entries: [], base: { partial: true } }]);
    }
    for (const before of [1, 5, 100, Number.MAX_SAFE_INTEGER])
      expect((await kim.history(directory, before, 100))?.entries).toEqual([]);
    await kim.changes(0);
    expect(knows(kim)).toEqual([]);
    expect(Object.keys((await held(kim)).members).sort()).toEqual(['ada', 'kim', 'liu']);
  });

  it('follows what it may see, and is pushed nothing else', async () => {
    const before = await held(kim);
    await tell('member.edit', { member: 'gus', post: 'Head of Secret Lab' });
    await tell('department.change', { department: 'lab-id', name: 'Secret Lab 3', lead: 'gus' });
    await tell('member.edit', { member: 'liu', post: 'Fitter', superior: 'gus' });
    await tell('member.place', { members: ['liu'], join: ['lab-id'] });
    await tell('department.create', { department: 'yard', name: 'Yard', parent: 'works', order: 1 });
    await kim.row(directory, ({ seq }) => seq === rig.store.room(directory)!.rows - 1);
    expect(knows(kim)).toEqual([]);
    const now = followed(kim, before);
    expect(now).toEqual(visible('kim'));
    expect(now.members['liu' as MemberId]).toMatchObject({ post: 'Fitter', departments: ['works'] });
    expect(now.departments).toHaveProperty('yard');
  });

  it('is not told who of them is online, and they are told of it', async () => {
    const gus = await rig.device('gus');
    const liu = await rig.device('liu');
    await gus.until('presence', ({ online }) => online.includes(member('liu')));
    await kim.until('presence', ({ online }) => online.includes(member('liu')));
    expect(knows(kim)).toEqual([]);
    expect(knows(gus)).not.toEqual([]);
    liu.socket.terminate();
  });

  it('reads nothing by the plain socket', async () => {
    const status = (name: string) =>
      new Promise<number | 'open'>((done) => {
        const socket = new WebSocket(`${rig.origin}/sync/${encodeURIComponent(directory)}`, [
          `weft.token.${name}`,
        ]);
        socket.on('unexpected-response', (_request, response) => done(response.statusCode ?? 0));
        socket.on('error', () => {});
        socket.on('open', () => {
          socket.terminate();
          done('open');
        });
      });
    expect([await status('kim'), await status('gus'), await status('ada')]).toEqual([403, 403, 'open']);
  });

  it('changes nothing there, and draws nobody out of it', async () => {
    await tell('department.admin', { department: 'works', member: 'kim', admin: true });
    const before = rig.store.room(directory)!.rows;
    for (const [type, data] of [
      ['department.show', { department: 'lab-id', shownTo: null }],
      ['department.show', { department: 'lab-id', shownTo: { departments: [], members: ['kim'] } }],
      ['member.place', { members: ['kim'], join: ['lab-id'] }],
      ['member.place', { members: ['gus'], join: ['works'] }],
      ['department.change', { department: 'works', lead: 'gus' }],
      ['department.move', { department: 'lab-below', parent: 'works', order: 1 }],
      ['department.move', { department: 'works', parent: 'lab-id', order: 1 }],
      ['department.admin', { department: 'lab-id', member: 'kim', admin: true }],
      ['directory.seen', { rest: { name: 'mine' } }],
    ] as const)
      expect([type, await kim.command(directory, type, data)]).toMatchObject([type, { ok: false }]);
    expect(rig.store.room(directory)!.rows).toBe(before);
  });

  it('is not believed what it was told, when it hands that back', async () => {
    await tell('member.edit', { member: 'liu', post: 'Fitter' });
    await kim.row(directory);
    const rows = kim.rows().filter(({ room }) => room === directory);
    kim.send({ type: 'handback', request: 99, rows });
    const { results } = await kim.until('handed', ({ request }) => request === 99);
    expect(results).toEqual(rows.map(() => 'receipt-invalid'));
  });
});

describe('what changes while a device is connected', () => {
  it('what is hidden goes from it, and comes again', async () => {
    kim = await rig.device('kim');
    const before = await held(kim);
    expect(before.members).toHaveProperty('gus');
    for (const shownTo of [{ departments: [], members: [] }, { departments: ['works'], members: [] }, null]) {
      await hide(shownTo);
      await kim.row(directory, ({ seq }) => seq === rig.store.room(directory)!.rows - 1);
      expect(followed(kim, before)).toEqual(visible('kim'));
      expect(Object.hasOwn(followed(kim, before).members, 'gus')).toBe(
        shownTo === null || shownTo.departments.length > 0,
      );
    }
  });

  it('[A-5] who is hidden goes from those who are online, and comes again, though nobody comes or goes', async () => {
    kim = await rig.device('kim');
    await rig.device('gus');
    const next = async (isThere: boolean): Promise<void> => {
      await kim.until('presence', ({ online }) => online.includes(member('gus')) === isThere);
      kim.said.length = 0;
    };
    await next(true);
    await hide();
    await next(false);
    await tell('member.place', { members: ['kim'], join: ['lab-id'] });
    await next(true);
    await tell('member.place', { members: ['kim'], leave: ['lab-id'] });
    await next(false);
    await hide(null);
    await next(true);
  });

  it('whoever is made an administrator gets all of it, and is given only a part when dismissed', async () => {
    await hide();
    kim = await rig.device('kim');
    const before = await held(kim);
    await tell('member.role', { member: 'kim', role: 'admin' });
    await kim.row(directory);
    expect(followed(kim, before)).toEqual(rig.relay.directory());
    expect((await kim.history(directory, 3, 10))?.entries).toHaveLength(3);
    await tell('member.role', { member: 'kim', role: 'member' });
    await kim.row(directory, ({ seq }) => seq === rig.store.room(directory)!.rows - 1);
    expect(followed(kim, before)).toEqual(visible('kim'));
    kim.said.length = 0;
    expect((await kim.history(directory, 3, 10))?.entries).toEqual([]);
    expect(knows(kim)).toEqual([]);
  });

  it('a plain client of somebody who may know only a part from then on is ended', async () => {
    const socket = new WebSocket(`${rig.origin}/sync/${encodeURIComponent(directory)}`, ['weft.token.kim']);
    await new Promise((opened) => socket.on('open', opened));
    const ended = new Promise<number>((done) => socket.on('close', done));
    await hide();
    expect(await ended).toBe(4403);
  });

  it('a change that is too much for a frame is asked for', async () => {
    const people = (part: number) =>
      Array.from({ length: 900 }, (_, i) => ({
        id: `p${part}-${i}`,
        name: `P${part}-${i}`,
        ...{ post: 'x'.repeat(60), phone: '1'.repeat(40), email: `p${part}-${i}@example.org` },
      }));
    await hide();
    kim = await rig.device('kim');
    for (const part of [0, 1, 2])
      await tell('directory.import', { import: 'i', part, departments: [], people: people(part) });
    await tell('directory.importApply', { import: 'i', parts: 3, people: 2_700 });
    const { rows } = await kim.row(directory, ({ seq }) => seq === rig.store.room(directory)!.rows - 1);
    const [last] = decodeLogRun(rows.at(-1)!.bytes);
    expect(directoryKind.partly!.isAnew(last!)).toBe(true);
    expect(await held(kim)).toEqual(visible('kim'));
  });

  it('[S-14] what still lay in the relay for somebody does not go out', { timeout: 60_000 }, async () => {
    const chat = rig.room('chat', 'team');
    await ada.command(chat, 'chat.create', { type: 'group', title: '', members: ['kim'] });
    kim = await rig.device('kim');
    kim.socket.on('error', () => {});
    kim.socket.pause();
    const text = '字'.repeat(20_000);
    for (let i = 0; i < 100; i += 20)
      await Promise.all(Array.from({ length: 20 }, () => ada.command(chat, 'chat.send', { text })));
    await tell('member.edit', { member: 'gus', phone: '555-0101' });
    await hide();
    kim.socket.resume();
    // Cut, not told to stay away: the next connection is welcome.
    expect(await kim.ended).toBe(1006);
    const again = await rig.device('kim');
    expect(await held(again)).toEqual(visible('kim'));
    expect(told(kim)).not.toContain('555-0101');
  });

  it('holds after the relay was started again', async () => {
    await hide();
    await rig.restart();
    kim = await rig.device('kim');
    expect(await held(kim)).toEqual(visible('kim'));
    expect(knows(kim)).toEqual([]);
  });
});
