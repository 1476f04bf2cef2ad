import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { newId, type CommandId, type RoomId } from '../../../shared/base/ids.ts';
import type { HandedRow } from '../../../shared/protocol/messages.ts';
import { member, typing, type Rig, type TestDevice } from '../relay-rig.ts';
import { handBack, heldBy, leasesOf, reclaim, startFamily, type Family } from './restored.ts';

let family: Family;
let first: Rig;
let group: RoomId;
let pad: RoomId;
let ada: TestDevice;
let ben: TestDevice;
let now: number;
let tick: number;

beforeEach(async () => {
  // No two things happen in the same millisecond.
  now = Date.UTC(2026, 0, 5);
  tick = 1;
  family = await startFamily({ clock: { now: () => (now += tick) } });
  first = family.first;
  await first.people('ada', 'ben', 'eve');
  group = first.room('chat', 'group');
  pad = first.room('scratch', 'pad');
  ada = await first.device('ada');
  ben = await first.device('ben');
});
afterEach(() => family.end());

const create = (by: TestDevice, ...members: string[]) =>
  by.command(group, 'chat.create', { type: 'group', title: 'All', members });
const say = (by: TestDevice, text: string) => by.command(group, 'chat.send', { text });
const said = (rig: Rig, room = group): unknown[] =>
  rig.relay
    .entries(null, room, 0, 1_000)
    .filter(({ type }) => type === 'chat.send')
    .map(({ data }) => (data as { text: string }).text);
const textOf = (rig: Rig): string => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, rig.relay.text(pad));
  return doc.getText('t').toString();
};
const of = (rows: readonly HandedRow[], room: RoomId) => rows.filter((row) => row.room === room);

describe('a restored relay', () => {
  it('[R-1] takes back entries and updates with their author and time, and shows them to others', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    await say(ada, 'one');
    await say(ben, 'two');
    const [id] = await ada.lease();
    const doc = typing(id!);
    doc.text.insert(0, 'hello');
    await ada.update(pad, doc.take());
    await ben.row(pad);
    const lost = heldBy(ben).filter((row) => row.room !== group || row.seq > 0);

    const { rig } = await family.restore(copy);
    const watching = await rig.device('ada.other');
    const bringing = await rig.device('ben');
    expect(await handBack(bringing, lost)).toEqual(lost.map(() => 'taken'));
    await watching.settle();
    expect(heldBy(watching)).toEqual(lost);
    expect(said(rig)).toEqual(['one', 'two']);
    expect(textOf(rig)).toBe('hello');
    expect(await handBack(bringing, lost)).toEqual(lost.map(() => 'known'));
    expect(await handBack(watching, lost)).toEqual(lost.map(() => 'known'));
    expect(said(rig)).toEqual(['one', 'two']);
  });

  it('[R-1] refuses rows that were altered, made up, or are of another relay', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    await say(ada, 'one');
    const row = of(heldBy(ada), group).at(-1)!;
    const other = await startFamily();
    await other.first.people('ada', 'ben');
    const { rig } = await family.restore(copy);
    const eve = await rig.device('eve');
    const bytes = row.bytes.slice();
    bytes[bytes.length - 3]! ^= 1;
    const receipt = row.receipt.slice();
    receipt[0]! ^= 1;
    const bad: HandedRow[] = [
      { ...row, bytes },
      { ...row, receipt },
      { ...row, by: member('eve') },
      { ...row, at: row.at + 1 },
      { ...row, room: first.room('chat', 'other') },
    ];
    expect(await handBack(eve, bad)).toEqual(bad.map(() => 'receipt-invalid'));
    expect(said(rig)).toEqual([]);
    const stranger = await other.restore(other.copy());
    expect(await handBack(await stranger.rig.device('ada'), [row])).toEqual(['receipt-invalid']);
    await other.end();
  });

  it('[R-5] a relay that was never restored knows its rows and does nothing else', async () => {
    await create(ada, 'ben');
    await say(ada, 'one');
    const head = family.store.head();
    const rows = heldBy(ada);
    const forged = { ...rows.at(-1)!, at: 5 };
    expect(await handBack(ben, [...rows, forged])).toEqual([...rows.map(() => 'known'), 'receipt-invalid']);
    expect(family.store.head()).toBe(head);
    expect(
      await handBack(
        ben,
        Array.from({ length: 1_001 }, () => rows[0]!),
      ),
    ).toBe('too-large');
    const answers = [handBack(ben, rows), handBack(ben, rows)];
    expect(await answers[1]).toBe('too-many-requests');
    expect(await answers[0]).toEqual(rows.map(() => 'known'));
  });

  it('[R-3] appends what a room lost behind what is new there, in its old order', async () => {
    await create(ada, 'ben');
    await say(ada, 'zero');
    const copy = family.copy();
    for (const text of ['one', 'two', 'three']) await say(ada, text);
    const lost = of(heldBy(ada), group).slice(2);
    const { rig } = await family.restore(copy);
    const writing = await rig.device('ada');
    writing.n = ada.n;
    await say(writing, 'new');
    expect(await handBack(await rig.device('ben'), lost)).toEqual(['taken', 'taken', 'taken']);
    expect(said(rig)).toEqual(['zero', 'new', 'one', 'two', 'three']);
  });

  it('[R-3] gives a command whose entry came back that result, and does nothing twice', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    const id = newId<CommandId>();
    await ada.command(group, 'chat.send', { text: 'once' }, id);
    await ben.row(group, ({ seq }) => seq === 1);
    const lost = of(heldBy(ben), group).slice(1);

    const one = await family.restore(copy);
    expect(await handBack(await one.rig.device('ben'), lost)).toEqual(['taken']);
    const again = await one.rig.device('ada');
    const result = await again.command(group, 'chat.send', { text: 'once' }, id);
    expect(result).toMatchObject({ ok: true, seq: 1 });
    expect(said(one.rig)).toEqual(['once']);
    // Another device of somebody else may not use the id to learn or stop anything, nor for a message of its own.
    const foreign = await one.rig.device('ben.second');
    expect(await foreign.command(group, 'chat.rename', { title: 'Mine' }, id)).toMatchObject({ seq: 2 });
    const taken = await one.rig.device('ben.third');
    expect(await taken.command(group, 'chat.send', { text: 'mine' }, id)).toMatchObject({
      code: 'already-exists',
    });

    const other = await family.restore(copy);
    const resent = await other.rig.device('ada');
    expect(await resent.command(group, 'chat.send', { text: 'once' }, id)).toMatchObject({ seq: 1 });
    expect(await handBack(await other.rig.device('ben'), lost)).toEqual(['known']);
    expect(said(other.rig)).toEqual(['once']);
  });

  it('[R-3] knows an entry that its author sends again in the same turn', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    const id = newId<CommandId>();
    await ada.command(group, 'chat.send', { text: 'once' }, id);
    const lost = of(heldBy(ada), group).slice(1);
    const { rig } = await family.restore(copy);
    const device = await rig.device('ada');
    const handed = handBack(device, lost);
    const results = await Promise.all([
      device.command(group, 'chat.send', { text: 'once' }, id),
      device.command(group, 'chat.send', { text: 'once' }, id),
    ]);
    expect(results).toEqual([results[0], results[0]]);
    expect(['taken', 'known']).toContain((await handed)[0]);
    expect(said(rig)).toEqual(['once']);
  });

  it('[R-2] knows a row that stands elsewhere in a history which it does not go on from', async () => {
    await create(ada, 'ben');
    const older = family.copy();
    for (const text of ['one', 'two', 'three']) await say(ada, text);
    const newer = family.copy();
    const lost = of(heldBy(ada), group).slice(1);

    const left = await family.restore(older);
    const going = await left.rig.device('ada');
    await say(going, 'new');
    expect(await handBack(going, lost)).toEqual(['taken', 'taken', 'taken']);
    expect(said(left.rig)).toEqual(['new', 'one', 'two', 'three']);
    await going.settle();
    const moved = of(heldBy(going), group);

    const { rig } = await family.restore(newer);
    const device = await rig.device('ada');
    expect(await handBack(device, moved)).toEqual(['taken', 'known', 'known', 'known']);
    expect(said(rig)).toEqual(['one', 'two', 'three', 'new']);
  });

  it('[R-2] tells facts apart that say the same at the same moment', async () => {
    const directory = first.room('directory', 'main');
    const copy = family.copy();
    tick = 0;
    for (let times = 0; times < 2; times++) {
      await ada.command(directory, 'member.remove', { member: 'eve' });
      await first.people('eve');
    }
    await ada.settle();
    const lost = of(heldBy(ada), directory);
    const { rig } = await family.restore(copy);
    expect(await handBack(await rig.device('ada'), lost)).toEqual(lost.map(() => 'taken'));
    expect(lost.length).toBeGreaterThanOrEqual(4);
    expect(rig.relay.mayRead(member('eve'), pad).ok).toBe(true);
  });

  it('[R-4] asks for what comes before, and takes what comes a second time', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    for (const text of ['one', 'two', 'three']) await say(ada, text);
    const doc = typing((await ada.lease())[0]!);
    doc.text.insert(0, 'a');
    await ada.update(pad, doc.take());
    doc.text.insert(1, 'b');
    await ada.update(pad, doc.take());
    const [one, two, three] = of(heldBy(ada), group).slice(1);
    const [a, b] = of(heldBy(ada), pad);
    const { rig } = await family.restore(copy);
    const device = await rig.device('ben');
    expect(await handBack(device, [three!, b!])).toEqual(['update-missing-reference', 'update-clock-gap']);
    expect(await handBack(device, [one!, a!, b!])).toEqual(['taken', 'taken', 'taken']);
    expect(await handBack(device, [three!])).toEqual(['taken']);
    expect(await handBack(device, [two!])).toEqual(['taken']);
    expect(said(rig)).toEqual(['one', 'three', 'two']);
    expect(textOf(rig)).toBe('ab');
  });

  it('[R-4] takes rooms that were made after the backup, once what governs them is there', async () => {
    const copy = family.copy();
    const about = first.room('doc', 'd', 'about');
    const reads = first.room('chat', 'group', 'reads');
    await create(ada, 'ben');
    await ada.command(reads, 'chat.read', { upTo: 0 });
    await ada.command(about, 'doc.create', { title: 'Plan' });
    const lost = heldBy(ada);
    const { rig } = await family.restore(copy);
    const device = await rig.device('ben');
    const governed = of(lost, reads);
    expect(await handBack(device, governed)).toEqual(['room-not-found']);
    expect(await handBack(device, [...lost, ...governed])).toEqual([...lost.map(() => 'taken'), 'known']);
    expect(rig.relay.mayRead(member('ben'), group).ok).toBe(true);
    expect(rig.relay.mayRead(member('eve'), group).ok).toBe(false);
    expect(rig.relay.mayRead(member('eve'), about).ok).toBe(true);
  });
});

describe('rights that were taken away', () => {
  it('[R-2] are not given back by an older entry: not after a removal since the restore', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    await ada.command(group, 'chat.addMembers', { members: ['eve'] });
    const added = of(heldBy(ada), group).slice(1);
    const { rig } = await family.restore(copy);
    const owner = await rig.device('ada');
    owner.n = ada.n;
    await owner.command(group, 'chat.addMembers', { members: ['eve'] });
    await owner.command(group, 'chat.removeMember', { member: 'eve' });
    const eve = await rig.device('eve');
    expect(await handBack(eve, added)).toEqual(['taken']);
    expect(rig.relay.mayRead(member('eve'), group).ok).toBe(false);
    await eve.settle();
    expect(eve.rows().filter((row) => row.room === group)).toEqual([]);
    await say(owner, 'secret');
    await eve.settle();
    expect(eve.rows().filter((row) => row.room === group)).toEqual([]);
  });

  it('[R-2] nor when the removal itself was lost and is known from outside', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    await ada.command(group, 'chat.addMembers', { members: ['eve'] });
    await ada.command(group, 'chat.removeMember', { member: 'eve' });
    const [added, removed] = of(heldBy(ada), group).slice(1);
    const entries = first.relay
      .entries(null, group, 2, 1)
      .map((entry) => ({ entry, epoch: first.store.epoch }));
    const { rig } = await family.restore(copy, { revoked: (room) => (room === group ? entries : []) });
    expect(await handBack(await rig.device('eve'), [added!])).toEqual(['taken']);
    expect(rig.relay.mayRead(member('eve'), group).ok).toBe(false);
    expect(await handBack(await rig.device('ben'), [removed!])).toEqual(['taken']);
    expect(rig.relay.mayRead(member('eve'), group).ok).toBe(false);
  });

  it('[R-2] but by one that was made after they were taken away', async () => {
    await create(ada, 'ben', 'eve');
    const copy = family.copy();
    await ada.command(group, 'chat.removeMember', { member: 'eve' });
    await ada.command(group, 'chat.addMembers', { members: ['eve'] });
    const lost = of(heldBy(ada), group).slice(1);
    const { rig } = await family.restore(copy);
    const device = await rig.device('ben');
    expect(await handBack(device, [lost[0]!])).toEqual(['taken']);
    expect(rig.relay.mayRead(member('eve'), group).ok).toBe(false);
    expect(await handBack(device, [lost[1]!])).toEqual(['taken']);
    expect(rig.relay.mayRead(member('eve'), group).ok).toBe(true);
  });

  const hour = 3_600_000;
  const mayEve = (rig: Rig): boolean => rig.relay.mayRead(member('eve'), group).ok;

  it('[R-2] also where the clock was set back before they were taken away', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    await ada.command(group, 'chat.addMembers', { members: ['eve'] });
    now -= hour;
    await ada.command(group, 'chat.removeMember', { member: 'eve' });
    const [added, removed] = of(heldBy(ada), group).slice(1);
    const entries = first.relay
      .entries(null, group, 2, 1)
      .map((entry) => ({ entry, epoch: first.store.epoch }));
    const known = await family.restore(copy, { revoked: (room) => (room === group ? entries : []) });
    expect(await handBack(await known.rig.device('eve'), [added!])).toEqual(['taken']);
    expect(mayEve(known.rig)).toBe(false);
    // Nor where the removal was handed back before what it took away.
    const other = await family.restore(copy);
    const device = await other.rig.device('ben');
    expect(await handBack(device, [removed!])).toEqual(['update-missing-reference']);
    expect(await handBack(device, [removed!])).toEqual(['taken']);
    expect(await handBack(device, [added!])).toEqual(['taken']);
    expect(mayEve(other.rig)).toBe(false);
  });

  it('[R-2] also where the restored relay has a clock that is behind', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    await ada.command(group, 'chat.addMembers', { members: ['eve'] });
    const added = of(heldBy(ada), group).slice(1);
    now -= hour;
    const { rig } = await family.restore(copy);
    const owner = await rig.device('ada');
    owner.n = ada.n;
    await owner.command(group, 'chat.addMembers', { members: ['eve'] });
    await owner.command(group, 'chat.removeMember', { member: 'eve' });
    expect(await handBack(await rig.device('eve'), added)).toEqual(['taken']);
    expect(mayEve(rig)).toBe(false);
  });

  it('[R-2] and are given back by what was made later, though the clock was set back in between', async () => {
    await create(ada, 'ben', 'eve');
    const copy = family.copy();
    await ada.command(group, 'chat.removeMember', { member: 'eve' });
    now -= hour;
    await ada.command(group, 'chat.addMembers', { members: ['eve'] });
    const lost = of(heldBy(ada), group).slice(1);
    const { rig } = await family.restore(copy);
    expect(await handBack(await rig.device('ben'), lost)).toEqual(['taken', 'taken']);
    expect(mayEve(rig)).toBe(true);
  });
});

describe('a row that cannot be followed', () => {
  it('[R-5] is answered once, and is not stored without what takes its gifts away again', async () => {
    await create(ada, 'ben');
    const copy = family.copy();
    await ada.command(group, 'chat.rename', { title: 'one' });
    await ada.command(group, 'chat.addMembers', { members: ['eve'] });
    const lost = of(heldBy(ada), group).slice(1);
    let fails = true;
    const revoked = (): never[] => {
      if (fails) throw new Error('cannot be read');
      return [];
    };
    const { rig } = await family.restore(copy, { revoked });
    const device = await rig.device('ben');
    expect(await handBack(device, lost)).toEqual(['taken', 'internal']);
    expect(rig.relay.mayRead(member('eve'), group).ok).toBe(false);
    await device.settle();
    expect(device.said.filter(({ type }) => type === 'handed')).toHaveLength(1);
    fails = false;
    expect(await handBack(device, lost)).toEqual(['known', 'taken']);
    expect(rig.relay.mayRead(member('eve'), group).ok).toBe(true);
  });
});

describe('client ids', () => {
  it('[L-3] come back to the device they were leased to, and to nobody else', async () => {
    const copy = family.copy();
    await ada.lease(3);
    const held = leasesOf(ada);
    const { rig } = await family.restore(copy);
    const thief = await rig.device('ben');
    expect(await reclaim(thief, held)).toEqual([]);
    const device = await rig.device('ada');
    const forged = held.map(({ id, receipt }) => ({ id: id + 100, receipt }));
    expect(await reclaim(device, [...held, ...forged])).toEqual(held.map(({ id }) => id));
    expect(await reclaim(device, held)).toEqual(held.map(({ id }) => id));
    const [next] = await device.lease();
    expect(next).toBeGreaterThan(Math.max(...held.map(({ id }) => id)));
    const doc = typing(held[0]!.id);
    doc.text.insert(0, 'mine');
    expect(await device.update(pad, doc.take())).toMatchObject({ type: 'acked' });
  });

  it('[L-4] belong to the author of what was handed back under them, until their device reclaims them', async () => {
    const copy = family.copy();
    const [id] = await ada.lease();
    const doc = typing(id!);
    doc.text.insert(0, 'x');
    await ada.update(pad, doc.take());
    await ben.row(pad);
    const held = leasesOf(ada);
    const lost = of(heldBy(ben), pad);
    const { rig } = await family.restore(copy);
    const bringing = await rig.device('ben');
    expect(await handBack(bringing, lost)).toEqual(['taken']);
    doc.text.insert(1, 'y');
    const more = doc.take();
    expect(await bringing.update(pad, more)).toMatchObject({ code: 'update-not-leased' });
    const device = await rig.device('ada');
    expect(await device.update(pad, more)).toMatchObject({ code: 'update-not-leased' });
    expect(await reclaim(device, held)).toEqual([id]);
    expect(await device.update(pad, more)).toMatchObject({ type: 'acked' });
    expect(textOf(rig)).toBe('xy');
    expect(await rig.relay.lease(rig.caller('ben'), 1)).not.toContain(id);
  });
});

describe('a room that was made under the name of a lost one', () => {
  /** Ben's group is lost; eve, who has seen its name, was faster than those who bring it back. */
  async function replaced(): Promise<{ rig: Rig; lost: HandedRow[]; eve: TestDevice }> {
    const copy = family.copy();
    const reads = first.room('chat', 'group', 'reads');
    await create(ben, 'ada');
    await say(ben, 'for ada');
    await ben.command(reads, 'chat.read', { upTo: 1 });
    await ada.row(reads);
    const lost = heldBy(ada).filter(({ room }) => room === group || room === reads);
    const { rig } = await family.restore(copy);
    const eve = await rig.device('eve');
    expect(await create(eve, 'ada')).toMatchObject({ ok: true });
    return { rig, lost, eve };
  }

  it('[R-3] shows its readers nothing of the lost one, whose rows stay with those who have them', async () => {
    const { rig, lost, eve } = await replaced();
    const refused = lost.map(() => 'already-exists');
    expect(await handBack(await rig.device('ada'), lost)).toEqual(refused);
    expect(await handBack(await rig.device('ben'), lost.slice(1))).toEqual(refused.slice(1));
    await eve.settle();
    expect(eve.rows().filter(({ room }) => room === group)).toHaveLength(1);
    expect(said(rig)).toEqual([]);
    expect(rig.relay.mayRead(member('ben'), group).ok).toBe(false);
  });

  it('[R-3] is the same one where it was made by the same command, sent again', async () => {
    const copy = family.copy();
    const id = newId<CommandId>();
    const made = { type: 'group', title: 'All', members: ['ada'] };
    await ben.command(group, 'chat.create', made, id);
    await say(ben, 'for ada');
    const lost = of(heldBy(ben), group);
    const { rig } = await family.restore(copy);
    const again = await rig.device('ben');
    expect(await again.command(group, 'chat.create', made, id)).toMatchObject({ ok: true, seq: 0 });
    expect(await handBack(await rig.device('ada'), lost)).toEqual(['known', 'taken']);
    expect(said(rig)).toEqual(['for ada']);
  });

  it('[R-3] is the same one where its name says who is in it, and where everybody reads it', async () => {
    const copy = family.copy();
    const direct = first.room('chat', 'direct-ada-ben');
    const about = first.room('doc', 'd', 'about');
    const pair = (by: TestDevice, other: string) =>
      by.command(direct, 'chat.create', { type: 'direct', title: '', members: [other] });
    await pair(ada, 'ben');
    await ada.command(direct, 'chat.send', { text: 'first' });
    await ada.command(about, 'doc.create', { title: 'Plan' });
    const lost = heldBy(ada);
    const { rig } = await family.restore(copy);
    const device = await rig.device('ben');
    await pair(device, 'ada');
    await device.command(about, 'doc.create', { title: 'Another plan' });
    expect(await handBack(device, lost)).toEqual(lost.map(() => 'taken'));
    expect(said(rig, direct)).toEqual(['first']);
    expect(rig.relay.state(about)).toMatchObject({ title: 'Another plan', created: { by: 'ben' } });
  });
});
