import { WebsocketProvider } from 'y-websocket';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import { decodeLogRun, encodeLogRun } from '../../shared/protocol/log-bytes.ts';
import { member, startRig, type Rig, type TestDevice } from './relay-rig.ts';

let rig: Rig;
let group: RoomId;
let ada: TestDevice;
let ben: TestDevice;
const providers: WebsocketProvider[] = [];

beforeEach(async () => {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve', 'pia');
  group = rig.room('chat', 'group');
  ada = await rig.device('ada');
  ben = await rig.device('ben');
  await ada.command(group, 'chat.create', { type: 'group', title: 'G', members: ['ben'] });
});
afterEach(async () => {
  for (const provider of providers.splice(0)) provider.destroy();
  await rig.stop();
});

const say = (by: TestDevice, text: string) => by.command(group, 'chat.send', { text });
const state = (): ChatState => rig.relay.state(group) as ChatState;
/** Ada says something to Ben, has newcomers begin with themselves, and adds Pia, who then hears something. */
async function letPiaIn(): Promise<number> {
  await say(ada, 'a secret');
  await say(ben, 'another secret');
  await ada.command(group, 'chat.set', { newcomersRead: 'fromThen' });
  const added = await ada.command(group, 'chat.addMembers', { members: ['pia'] });
  await say(ada, 'welcome');
  return added.ok ? added.seq! : -1;
}
const everything = (device: TestDevice): string =>
  JSON.stringify(device.said, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
const secret = /secret/;

/** A document that a plain client synced, and nothing else. */
async function plainly(token: string, doc = new Y.Doc()): Promise<Y.Doc> {
  const provider = new WebsocketProvider(`${rig.origin}/sync`, group, doc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    params: { token },
    disableBc: true,
  });
  providers.push(provider);
  await new Promise((done) => (provider.synced ? done(null) : provider.once('sync', done)));
  return doc;
}
const arrived = (doc: Y.Doc, count: number): Promise<void> =>
  new Promise((done) => {
    const look = (): void => {
      if (doc.getArray('log').length < count) return;
      doc.off('update', look);
      done();
    };
    doc.on('update', look);
    look();
  });

describe('somebody who came later and was not given what was before', () => {
  it('is pushed nothing of it, also when it is stored together with their coming', async () => {
    const pia = await rig.device('pia');
    // All in one turn of the relay, so in one commit.
    const sent = [say(ada, 'a secret'), ada.command(group, 'chat.set', { newcomersRead: 'fromThen' })];
    sent.push(say(ada, 'one more secret'), ada.command(group, 'chat.addMembers', { members: ['pia'] }));
    sent.push(say(ada, 'welcome'));
    await Promise.all(sent);
    await pia.row(group, ({ bytes }) => JSON.stringify(decodeLogRun(bytes)).includes('welcome'));
    expect(everything(pia)).not.toMatch(secret);
    expect(
      pia
        .rows()
        .filter(({ room }) => room === group)
        .map(({ seq }) => seq),
    ).toEqual([4, 5]);
  });

  it('[S-3] pulls none of it, from whatever place, and no state that tells of it', async () => {
    const since = await letPiaIn();
    const pia = await rig.device('pia');
    const changed = await pia.changes(0);
    expect(changed.rooms.map(({ room }) => room)).toContain(group);
    for (const have of [0, 1, 3, since, since + 1, 1_000]) {
      const { rooms } = await pia.pull({ room: group, have });
      const [content] = rooms;
      if (content?.kind !== 'log') throw new Error('no log');
      expect(content.from).toBeGreaterThanOrEqual(since);
      expect(content.entries.every(({ seq }) => seq >= since)).toBe(true);
      if (have < since) expect((content.base as ChatState).last).toBeNull();
    }
    expect(everything(pia)).not.toMatch(secret);
    // The same question of somebody who was there is answered whole.
    await ben.pull({ room: group, have: 0 });
    expect(everything(ben)).toMatch(secret);
  });

  it('is given none of it as history', async () => {
    const since = await letPiaIn();
    const pia = await rig.device('pia');
    for (const before of [0, 1, 2, since, since + 1, 1_000]) {
      const content = await pia.history(group, before, 100);
      expect(content?.entries.every(({ seq }) => seq >= since)).toBe(true);
    }
    expect(everything(pia)).not.toMatch(secret);
  });

  it('[P-7] reads with a plain client what came after, in the place where it is', async () => {
    const since = await letPiaIn();
    const doc = await plainly('pia');
    const entries = doc.getArray<{ type: string }>('log').toArray();
    expect(entries.map(({ type }) => type)).toEqual(['chat.addMembers', 'chat.send']);
    expect(Buffer.from(Y.encodeStateAsUpdate(doc)).toString('latin1')).not.toMatch(secret);
    expect(Y.encodeStateVector(doc)).toEqual(Y.encodeStateVector(await plainly('ada')));
    await say(ben, 'hello Pia');
    await arrived(doc, 3);
    expect(since).toBe(4);
  });

  it('[P-7] nor by claiming to have some of it', async () => {
    await letPiaIn();
    // A document with two entries, as one who was let in for a moment would have it.
    const had = new Y.Doc();
    const [first, second] = rig.relay.entries(null, group, 0, 2);
    Y.applyUpdate(had, encodeLogRun(0, [first!, { ...second!, data: { text: 'made up' } }]));
    const doc = await plainly('pia', had);
    expect(doc.getArray('log').length).toBe(4);
    expect(Buffer.from(Y.encodeStateAsUpdate(doc)).toString('latin1')).not.toMatch(secret);
  });

  it('gets no answer about it from a command', async () => {
    await letPiaIn();
    const pia = await rig.device('pia');
    const [row] = rig.relay.entries(null, group, 1, 1);
    const target = { seq: 1, id: row!.id };
    for (const [type, data] of [
      ['chat.react', { target, emoji: ['👍'] }],
      ['chat.pin', { target, on: true }],
      ['chat.urge', { target, members: [] }],
      ['chat.recall', { target }],
      ['chat.edit', { target, text: 'x' }],
      ['chat.send', { text: 'x', reply: target }],
    ] as const)
      expect(await pia.command(group, type, data)).toMatchObject({ ok: false, code: 'message-not-found' });
    expect(await ben.command(group, 'chat.react', { target, emoji: ['👍'] })).toMatchObject({ ok: true });
  });

  it('does not get it by going and coming back, or by what is set later', async () => {
    await letPiaIn();
    const pia = await rig.device('pia');
    await ada.command(group, 'chat.set', { newcomersRead: 'everything' });
    await pia.pull({ room: group });
    expect(everything(pia)).not.toMatch(secret);
    await ada.command(group, 'chat.set', { newcomersRead: 'fromThen' });
    await pia.command(group, 'chat.leave', {});
    await say(ada, 'a third secret');
    await ada.command(group, 'chat.addMembers', { members: ['pia'] });
    await pia.pull({ room: group });
    await pia.history(group, 1_000, 1_000);
    expect(everything(pia)).not.toMatch(secret);
    expect(state().members[member('pia')]!.from).toBe(state().members[member('pia')]!.since);
  });

  it('was there before, went, and finds what was said meanwhile closed', async () => {
    const doc = await plainly('ben');
    const sent = [
      ada.command(group, 'chat.set', { newcomersRead: 'fromThen' }),
      ada.command(group, 'chat.removeMember', { member: 'ben' }),
      say(ada, 'a secret'),
      ada.command(group, 'chat.addMembers', { members: ['ben'] }),
      say(ada, 'back again'),
    ];
    await Promise.all(sent);
    // Its provider comes back by itself.
    await arrived(doc, 3);
    await ben.row(group, ({ seq }) => seq === 5);
    await ben.pull({ room: group, have: 1 });
    expect(everything(ben)).not.toMatch(secret);
    expect(Buffer.from(Y.encodeStateAsUpdate(doc)).toString('latin1')).not.toMatch(secret);
  });
});

describe('a group', () => {
  const refused = { ok: false, code: 'forbidden' };

  it('is not run by those it was not given to', async () => {
    await ada.command(group, 'chat.addMembers', { members: ['eve'] });
    const [eve, pia] = [await rig.device('eve'), await rig.device('pia')];
    for (const device of [eve, pia])
      for (const [type, data] of [
        ['chat.admin', { member: 'eve', admin: true }],
        ['chat.admin', { member: 'pia', admin: true }],
        ['chat.transfer', { member: 'eve' }],
        ['chat.set', { writes: 'managers' }],
        ['chat.removeMember', { member: 'ben' }],
        ['chat.announce', { text: 'x' }],
        ['chat.link', { key: 'k'.repeat(22) }],
        ['chat.dissolve', {}],
      ] as const)
        expect(await device.command(group, type, data), type).toMatchObject({ ok: false });
    for (const [type, data] of [
      ['chat.join', {}],
      ['chat.readFrom', { members: ['eve'], from: 0 }],
    ] as const)
      expect(await eve.command(group, type, data), type).toMatchObject({ ok: false, code: 'bad-request' });
    const before = state();
    expect(Object.keys(before.members)).toEqual(['ada', 'ben', 'eve']);
    expect(before).not.toHaveProperty('settings');
  });

  it('that is muted takes messages, answers and edits of managers only', async () => {
    const mine = await say(ben, 'mine');
    const target = { seq: mine.ok ? mine.seq! : 0, id: mine.id };
    await ada.command(group, 'chat.set', { writes: 'managers' });
    for (const [type, data] of [
      ['chat.send', { text: 'x' }],
      ['chat.send', { text: 'x', reply: target }],
      ['chat.edit', { target, text: 'x' }],
    ] as const)
      expect(await ben.command(group, type, data)).toMatchObject({ ok: false, code: 'group-muted' });
    await ada.command(group, 'chat.admin', { member: 'ben', admin: true });
    expect(await say(ben, 'x')).toMatchObject({ ok: true });
  });

  it('that is over stays with those who were in it, and takes nothing more', async () => {
    await ada.command(group, 'chat.dissolve', {});
    expect(await say(ada, 'x')).toMatchObject({ ok: false, code: 'group-dissolved' });
    expect(await ben.command(group, 'chat.addMembers', { members: ['pia'] })).toMatchObject({
      ok: false,
      code: 'group-dissolved',
    });
    const reads = rig.room('chat', 'group', 'reads');
    expect(await ben.command(reads, 'chat.read', { upTo: 1 })).toMatchObject({ ok: true });
    const { rooms } = await ben.pull({ room: group });
    expect(rooms).toHaveLength(1);
    expect(await ben.command(group, 'chat.leave', {})).toMatchObject({ ok: true });
  });

  it('shows who asks to come in to its managers alone, from when they are and until they are not', async () => {
    const joins = rig.room('chat', 'group', 'joins');
    const pia = await rig.device('pia');
    expect(await pia.command(joins, 'chat.ask', {})).toMatchObject({ ok: false });
    await rig.relay.appendFact(joins, 'chat.ask', member('pia'), {});
    await ada.row(joins);
    expect((await ben.pull({ room: joins })).missing).toEqual([joins]);
    expect((await pia.pull({ room: joins })).missing).toEqual([joins]);
    expect(await ben.command(joins, 'chat.answer', { member: 'pia' })).toMatchObject(refused);
    await ada.command(group, 'chat.admin', { member: 'ben', admin: true });
    expect((await ben.pull({ room: joins })).rooms).toHaveLength(1);
    await ada.command(group, 'chat.admin', { member: 'ben', admin: false });
    await ben.until('lost', ({ room }) => room === joins);
    await ada.command(joins, 'chat.answer', { member: 'pia' });
    await ben.settle();
    expect(ben.rows().filter(({ room }) => room === joins)).toEqual([]);
  });
});
