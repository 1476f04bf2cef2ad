import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { startRig, typing, type Rig } from './relay-rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const mebi = 1024 * 1024;
/** Counts what arrives at the socket itself, so also what is not read to its end. */
function countBytes(socket: WebSocket): () => number {
  let bytes = 0;
  socket.on('message', (data: Buffer) => (bytes += data.length));
  return () => bytes;
}
const over = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => socket.on('close', (code) => resolve(code)));

describe('[E-2] a reader who is behind', () => {
  it('gets nothing that still lay in the relay when its session ended', { timeout: 60_000 }, async () => {
    rig = await startRig({ bounds: { queue: 64 * mebi } });
    await rig.people('ada', 'ben');
    const pad = rig.room('scratch', 'pad');
    const slow = new WebSocket(`${rig.origin}/sync/${pad}?token=ben`);
    await new Promise((opened) => slow.once('open', opened));
    const device = await rig.device('ben.b');
    const [received, heard] = [countBytes(slow), countBytes(device.socket)];
    slow.on('error', () => {});
    device.socket.on('error', () => {});
    const ended = [over(slow), over(device.socket)];
    slow.pause();
    device.socket.pause();

    const ada = await rig.device('ada');
    const doc = typing((await ada.lease())[0]!);
    const written = 24;
    for (let i = 0; i < written; i++) {
      doc.text.insert(0, 'x'.repeat(mebi));
      expect((await ada.update(pad, doc.take())).type).toBe('acked');
    }
    rig.relay.endMember(rig.caller('ben').member);
    slow.resume();
    device.socket.resume();
    await Promise.all(ended);
    // The system's own buffers may hold a few megabytes that left the relay before.
    expect(received()).toBeLessThan((written / 2) * mebi);
    expect(heard()).toBeLessThan((written / 2) * mebi);
  });

  it(
    '[S-7] gets nothing of a room it lost that still lay in the relay, and comes back for the others',
    {
      timeout: 60_000,
    },
    async () => {
      rig = await startRig({ bounds: { queue: 64 * mebi } });
      await rig.people('ada', 'ben');
      const chat = rig.room('chat', 'team');
      const ada = await rig.device('ada');
      await ada.command(chat, 'chat.create', { type: 'group', title: '', members: ['ben'] });
      const ben = await rig.device('ben');
      ben.socket.on('error', () => {});
      ben.socket.pause();
      const text = '字'.repeat(20_000);
      const sent = 400;
      for (let i = 0; i < sent; i += 20)
        await Promise.all(Array.from({ length: 20 }, () => ada.command(chat, 'chat.send', { text })));
      await ada.command(chat, 'chat.removeMember', { member: 'ben' });
      await ada.command(chat, 'chat.send', { text: 'not for ben' });
      ben.socket.resume();
      // Cut, not told to stay away: the next connection is welcome.
      expect(await ben.ended).toBe(1006);
      expect(ben.rows().length).toBeLessThan(sent);
      const again = await rig.device('ben');
      expect((await again.pull({ room: chat })).missing).toEqual([chat]);
    },
  );

  it('that reads in time is told with a code', async () => {
    rig = await startRig();
    await rig.people('ada', 'ben');
    const ben = await rig.device('ben');
    rig.revoke('ben');
    expect(await ben.ended).toBe(4401);
    expect(ben.said.at(-1)).toMatchObject({ type: 'error', code: 'session-ended' });
  });
});

describe('[E-2] when a session ends', () => {
  it('what it sent just before is stored by then, and nothing after', async () => {
    rig = await startRig();
    await rig.people('ada', 'ben');
    const pad = rig.room('scratch', 'pad');
    const ben = await rig.device('ben');
    const doc = typing((await ben.lease())[0]!);
    for (let round = 0; round < 50; round++) {
      doc.text.insert(0, 'x');
      ben.send({ type: 'update', request: 1_000 + round, room: pad, bytes: doc.take() });
    }
    await ben.until('acked');
    rig.revoke('ben');
    const rows = rig.store.room(pad)!.rows;
    await ben.ended;
    await (await rig.device('ada')).settle();
    expect(rig.store.room(pad)!.rows).toBe(rows);
  });
});

describe('[A-5] presence', () => {
  it('is told anew when somebody comes or goes, not for each socket of somebody who is there', async () => {
    rig = await startRig();
    await rig.people('ada', 'ben');
    const [ada, first] = [await rig.device('ada'), await rig.device('ben.0')];
    await ada.until('presence', ({ online }) => online.length === 2);
    const before = ada.said.filter(({ type }) => type === 'presence').length;
    const more = await Promise.all(Array.from({ length: 20 }, (_, i) => rig.device(`ben.${i + 1}`)));
    await Promise.all(more.map((each) => each.until('presence', ({ online }) => online.length === 2)));
    expect(ada.said.filter(({ type }) => type === 'presence').length).toBe(before);
    const from = ada.said.length;
    for (const each of [first, ...more]) each.socket.close();
    await ada.until(
      'presence',
      (message) => message.online.length === 1 && ada.said.indexOf(message) >= from,
    );
  });
});
