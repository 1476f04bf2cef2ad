import * as Y from 'yjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandId } from '../../shared/base/ids.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import { startRig, typing, type Rig } from './relay-rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
});
afterEach(() => rig.stop());

describe('commands', () => {
  it('[C-1] are answered and shown to everybody who may read the room', async () => {
    const [ada, ben, eve] = await Promise.all(['ada', 'ben', 'eve'].map((name) => rig.device(name)));
    const chat = rig.room('chat', 'team');
    const created = await ada!.command(chat, 'chat.create', {
      type: 'group',
      title: 'Team',
      members: ['ben'],
    });
    expect(created).toMatchObject({ ok: true, seq: 0 });
    const sent = await ada!.command(chat, 'chat.send', { text: 'hello' });
    expect(sent).toMatchObject({ ok: true, seq: 1 });
    await ben!.row(chat, ({ seq }) => seq === 1);
    const [entry] = decodeLogRun(ben!.rows().find(({ room, seq }) => room === chat && seq === 1)!.bytes);
    expect(entry).toMatchObject({ seq: 1, type: 'chat.send', by: 'ada', data: { text: 'hello' } });
    await eve!.settle();
    expect(eve!.rows().filter(({ room }) => room === chat)).toEqual([]);
  });

  it('[C-3] with the same id twice in one turn are stored once and both answered alike', async () => {
    const ada = await rig.device('ada');
    const chat = rig.room('chat', 'team');
    const id = 'same' as CommandId;
    const data = { type: 'group', title: '', members: ['ben'] };
    ada.send({ type: 'command', command: { id, n: 1, room: chat, type: 'chat.create', data } });
    ada.send({ type: 'command', command: { id, n: 1, room: chat, type: 'chat.create', data } });
    await ada.settle();
    await ada.until('result');
    await ada.settle();
    const results = ada.said.flatMap((message) => (message.type === 'result' ? [message.result] : []));
    expect(results).toHaveLength(2);
    expect(results[0]).toEqual(results[1]);
    expect(rig.store.room(chat)?.rows).toBe(1);
  });
});

describe('texts', () => {
  it('[U-1] are acknowledged, stored and shown to others', async () => {
    const [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
    const [client] = await ada.lease();
    const room = rig.room('scratch', 'pad');
    const pad = typing(client!);
    pad.text.insert(0, 'hello');
    expect(await ada.update(room, pad.take())).toMatchObject({ type: 'acked' });
    await ben.row(room);
    const { rooms } = await ben.pull({ room });
    const read = new Y.Doc();
    if (rooms[0]?.kind === 'text') for (const update of rooms[0].updates) Y.applyUpdate(read, update);
    expect(read.getText('t').toJSON()).toBe('hello');
  });
});
