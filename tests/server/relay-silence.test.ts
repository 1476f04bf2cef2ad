import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
