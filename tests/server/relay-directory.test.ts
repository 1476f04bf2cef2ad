import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { member, startRig, type Rig, type TestDevice } from './relay-rig.ts';

let rig: Rig;
let ada: TestDevice;
let ben: TestDevice;
let directory: RoomId;
let door: RoomId;
beforeEach(async () => {
  rig = await startRig();
  await rig.people('ada', 'ben', 'kim');
  [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
  directory = rig.room('directory', 'main');
  door = rig.room('directory', 'main', 'admin');
});
afterEach(() => rig.stop());

const department = (id: string, parent: string | null = null) => ({
  ...{ department: id, name: id, parent, order: 1 },
});

describe('a hostile member', () => {
  const tries: [string, unknown][] = [
    ['department.create', department('mine')],
    ['department.change', { department: 'top', name: 'mine' }],
    ['department.change', { department: 'top', lead: 'ben' }],
    ['department.move', { department: 'under', parent: null, order: 0 }],
    ['department.delete', { department: 'under', moveUp: true }],
    ['department.admin', { department: 'top', member: 'ben', admin: true }],
    ['member.place', { members: ['ben'], join: ['top'] }],
    ['member.place', { members: ['kim'], leave: ['top'] }],
    ['member.edit', { member: 'ada', post: 'mine' }],
    ['member.edit', { member: 'ben', superior: null, fields: { pay: '9' } }],
    ['member.profile', { fields: { pay: '9' } }],
    ['member.role', { member: 'ben', role: 'owner' }],
    ['member.remove', { member: 'kim' }],
    ['member.join', { member: 'x', name: 'X', email: '', role: 'owner' }],
    ['field.define', { field: 'f', name: 'F', type: 'text', options: [], edit: 'self', order: 1 }],
    ['field.remove', { field: 'pay' }],
    ['directory.import', { import: 'i', part: 0, departments: [], people: [{ id: 'x', name: 'X' }] }],
    ['directory.importApply', { import: 'a', parts: 1, people: 1 }],
  ];

  it('changes nothing of the directory', async () => {
    await ada.command(directory, 'department.create', department('top'));
    await ada.command(directory, 'department.create', department('under', 'top'));
    const pay = { field: 'pay', name: 'P', type: 'number', options: [], edit: 'admin', order: 1 };
    expect(await ada.command(directory, 'field.define', pay)).toMatchObject({ ok: true });
    const people = [{ id: 'new', name: 'New' }];
    await ada.command(directory, 'directory.import', { import: 'a', part: 0, departments: [], people });
    const before = rig.store.rowsFrom(directory, 0, 100).length;
    for (const [type, data] of tries)
      expect([type, await ben.command(directory, type, data)]).toEqual([
        type,
        expect.objectContaining({ ok: false }),
      ]);
    expect(rig.store.rowsFrom(directory, 0, 100)).toHaveLength(before);
  });

  it('reads nothing of who came to the door, and says nothing there', async () => {
    const asked = { request: 'r', invitation: 'i', name: 'Mei', email: 'mei@x', member: null };
    await rig.relay.appendFact(door, 'join.asked', member('ada'), asked);
    await ada.row(door);
    await ben.settle();
    expect(ben.rows().filter(({ room }) => room === door)).toEqual([]);
    expect((await ben.changes(0)).rooms.map(({ room }) => room)).not.toContain(door);
    expect((await ben.pull({ room: door })).missing).toEqual([door]);
    expect((await ben.history(door, 1, 10))?.entries ?? []).toEqual([]);
    for (const each of [ada, ben])
      expect(await each.command(door, 'join.decided', { request: 'r', approved: true })).toMatchObject({
        ok: false,
      });
  });
});

it('who is made an administrator is given the room at the door, and loses it with the role', async () => {
  const asked = { request: 'r', invitation: 'i', name: 'Mei', email: 'mei@x', member: null };
  await rig.relay.appendFact(door, 'join.asked', member('ada'), asked);
  await ada.command(directory, 'member.role', { member: 'ben', role: 'admin' });
  await ben.row(directory, ({ seq }) => seq === 3);
  expect((await ben.pull({ room: door })).rooms).toHaveLength(1);
  await ada.command(directory, 'member.role', { member: 'ben', role: 'member' });
  await ben.until('lost', ({ room }) => room === door);
  expect((await ben.pull({ room: door })).missing).toEqual([door]);
});

it('of two devices that would put two departments under each other the second is refused', async () => {
  await ada.command(directory, 'member.role', { member: 'ben', role: 'admin' });
  for (const id of ['a', 'b']) await ada.command(directory, 'department.create', department(id));
  const answers = await Promise.all([
    ada.command(directory, 'department.move', { department: 'a', parent: 'b', order: 1 }),
    ben.command(directory, 'department.move', { department: 'b', parent: 'a', order: 1 }),
  ]);
  const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.code)).sort();
  expect(codes).toEqual(['ok', 'would-circle']);
});

it('whoever comes back is in none of the groups that went on without them, and in their pairs', async () => {
  const group = rig.room('chat', 'team');
  const pair = rig.room('chat', 'direct-ada-ben');
  await ada.command(group, 'chat.create', { type: 'group', title: '', members: ['ben', 'kim'] });
  await ada.command(pair, 'chat.create', { type: 'direct', title: '', members: ['ben'] });
  await ada.command(directory, 'member.remove', { member: 'ben' });
  await ada.command(group, 'chat.send', { text: 'not for Ben' });
  await rig.relay.letGo(member('ben'));
  const back = { member: 'ben', name: 'Ben', email: 'ben@x', role: 'member' };
  await rig.relay.appendFact(directory, 'member.join', member('ben'), back);
  const again = await rig.device('ben.new');
  const { rooms, missing } = await again.pull({ room: group }, { room: pair });
  expect([rooms.map(({ room }) => room), missing]).toEqual([[pair], [group]]);
  expect((await again.changes(0)).rooms.map(({ room }) => room)).not.toContain(group);
});
