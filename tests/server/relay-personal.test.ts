import { everyone } from '../../shared/features/customers/segments.ts';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { startRig, type Rig, type TestDevice } from './relay-rig.ts';

let rig: Rig;
let ada: TestDevice;
let eve: TestDevice;
beforeEach(async () => {
  rig = await startRig();
  // Eve owns the workspace: not even that opens what is somebody's own.
  await rig.people('eve', 'ada');
  [ada, eve] = [await rig.device('ada'), await rig.device('eve')];
});
afterEach(() => rig.stop());

const own = (part?: string): RoomId => rig.room('personal', 'ada', part);
const message = { chat: 'c', message: 'm', seq: 1, by: 'eve', at: 1, text: 'private words' };
const firsts: [string | undefined, string, unknown][] = [
  [undefined, 'list.chat', { chat: 'a', muted: true }],
  ['saved', 'saved.add', message],
  ['todos', 'todo.add', { id: 't', text: 'private words' }],
  ['replies', 'reply.add', { id: 'r', folder: '', title: 'Private', text: 'private words' }],
  ['segments', 'segment.put', { id: 's', name: 'private words', filter: everyone }],
];

const statusOf = (room: string, token: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${rig.origin}/sync/${room}`, [`weft.token.${token}`]);
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
    socket.on('error', reject);
  });

it('keeps files of own quick replies for their owner alone', async () => {
  const room = own('replies');
  expect(rig.relay.mayAttach('ada' as MemberId, room)).toMatchObject({ error: { code: 'room-not-found' } });
  await ada.command(room, 'reply.add', { id: 'r', folder: '', title: 'Private', text: 'x' });
  expect(rig.relay.mayAttach('ada' as MemberId, room).ok).toBe(true);
  expect(rig.relay.mayAttach('eve' as MemberId, room)).toMatchObject({ error: { code: 'forbidden' } });
  expect(rig.relay.mayRead('eve' as MemberId, room).ok).toBe(false);
});

describe.each(firsts)('the own room %s', (part, type, data) => {
  it('is made by its owner’s first command, and reaches their other devices', async () => {
    const phone = await rig.device('ada.phone');
    expect(await ada.command(own(part), type, data)).toMatchObject({ ok: true, seq: 0 });
    await phone.row(own(part));
    const later = await rig.device('ada.tablet');
    const { rooms: contents } = await later.pull({ room: own(part) });
    expect(contents).toHaveLength(1);
  });

  it('is not made in advance by somebody else, nor written later', async () => {
    expect(await eve.command(own(part), type, data)).toMatchObject({ ok: false, code: 'forbidden' });
    expect(await ada.command(own(part), type, data)).toMatchObject({ ok: true, seq: 0 });
    expect(await eve.command(own(part), type, data)).toMatchObject({ ok: false, code: 'forbidden' });
    expect(rig.store.rowsFrom(own(part), 0, 10)).toHaveLength(1);
  });

  it('is shown to nobody else by any way of asking', async () => {
    await ada.command(own(part), type, data);
    await eve.settle();
    expect(eve.rows().filter(({ room }) => room === own(part))).toEqual([]);
    expect((await eve.changes(0)).rooms.map(({ room }) => room)).not.toContain(own(part));
    const { rooms: contents, missing } = await eve.pull({ room: own(part) });
    expect([contents, missing]).toEqual([[], [own(part)]]);
    expect((await eve.history(own(part), 1, 10))?.entries ?? []).toEqual([]);
    expect(await statusOf(own(part), 'eve')).toBe(403);
    expect(await statusOf(own(part), 'ada')).toBe(101);
    expect(rig.relay.readable('eve' as never).map(({ room }) => room)).not.toContain(own(part));
  });

  it('stays its owner’s after a restart', async () => {
    await ada.command(own(part), type, data);
    await rig.restart();
    eve = await rig.device('eve');
    expect((await eve.pull({ room: own(part) })).missing).toEqual([own(part)]);
    ada = await rig.device('ada.new');
    expect((await ada.pull({ room: own(part) })).rooms).toHaveLength(1);
  });
});
