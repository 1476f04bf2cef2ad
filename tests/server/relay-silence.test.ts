import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeClientMessage } from '../../shared/protocol/codec.ts';
import { startRig, TestDevice, type Rig } from './relay-rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({ bounds: { helloTime: 200, silence: 1_500 } });
  await rig.people('ada', 'ben');
});
afterEach(() => rig.stop());

describe('a socket that says nothing', () => {
  it('[H-1] is closed when no hello came within the deadline', async () => {
    const silent = new TestDevice(new WebSocket(`${rig.origin}/sync?token=ada`));
    expect(await silent.ended).toBe(4401);
  });

  it('[H-7] is dropped when it does not even answer pings, and its member is gone from presence', async () => {
    const [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
    await ada.until('presence', ({ online }) => online.length === 2);
    // Reads nothing any more, so no pong goes out; what it is sent meanwhile does not count.
    ben.socket.pause();
    const count = ada.said.length;
    await ada.until(
      'presence',
      (message) => ada.said.indexOf(message) >= count && message.online.length === 1,
    );
    expect(ada.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('[H-7] is not silent while one large message is on its way', async () => {
    const ada = await rig.device('ada');
    const message = encodeClientMessage({
      type: 'update',
      request: 8,
      room: rig.room('scratch', 'pad'),
      bytes: new Uint8Array(100),
    });
    // As a client masks it, with a mask of zeros; a few bytes at a time, for twice as long as silence may last.
    const frame = Buffer.concat([Buffer.from([0x82, 0x80 | 126, 0, message.length, 0, 0, 0, 0]), message]);
    const inner = ada.socket as unknown as { _socket: Socket; _autoPong: boolean };
    // What it would answer has to wait behind the message.
    inner._autoPong = false;
    const wire = inner._socket;
    let sent = 0;
    const timer = setInterval(() => {
      wire.write(frame.subarray(sent, (sent += 8)));
      if (sent >= frame.length) clearInterval(timer);
    }, 200);
    const answer = await ada.until('refused', ({ request }) => request === 8);
    expect(answer.code).toBe('update-malformed');
  });

  it('[H-7] is closed when its session has run out, on both protocols', async () => {
    const device = await rig.device('ada');
    const plain = new WebSocket(`${rig.origin}/sync/${rig.room('scratch', 'pad')}?token=ada`);
    const closed = new Promise<number>((resolve) => plain.on('close', resolve));
    await new Promise((opened) => plain.once('open', opened));
    rig.expire('ada');
    expect(await device.ended).toBe(4401);
    expect(await closed).toBe(4401);
  });
});
