import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { StorageError } from '../../server/storage/storage-error.ts';
import { encodeClientMessage } from '../../shared/protocol/codec.ts';
import { startRig, TestDevice, typing, type Rig } from './relay-rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const statusOf = (url: string, token: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [`weft.token.${token}`]);
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('open', () => resolve(101));
    socket.on('error', reject);
  });

describe('trouble while somebody connects', () => {
  it('answers an upgrade to a damaged room with 503 and goes on serving the others', async () => {
    const inner = createMemoryStore();
    const damaged = new Set<RoomId>();
    rig = await startRig({
      store: {
        ...inner,
        rowsFrom(room, seq, limit) {
          if (damaged.has(room)) throw new StorageError('damaged', 'row 7 is damaged');
          return inner.rowsFrom(room, seq, limit);
        },
      },
    });
    await rig.people('ada');
    const room = rig.room('chat', 'torn');
    damaged.add(room);
    expect(await statusOf(`${rig.origin}/sync/${room}`, 'ada')).toBe(503);
    expect(await statusOf(`${rig.origin}/sync/${rig.room('scratch', 'pad')}`, 'ada')).toBe(101);
    await (await rig.device('ada')).settle();
  });

  it('ends a socket whose session cannot be verified any more, not the process', async () => {
    let broken = false;
    const wrong = (): never => {
      throw new StorageError('disk', 'SQLITE_IOERR');
    };
    rig = await startRig({
      times: { hello: 5_000, ping: 50, silence: 5_000 },
      sessions: { seen: () => (broken ? wrong() : undefined) },
    });
    await rig.people('ada');
    const ada = await rig.device('ada');
    broken = true;
    expect(await ada.ended).toBe(1011);
    expect(await statusOf(`${rig.origin}/sync/${rig.room('scratch', 'pad')}`, 'ada')).toBe(101);
  });

  it('[H-2] refuses a hello whose session ended after the upgrade', async () => {
    rig = await startRig();
    await rig.people('ada');
    const socket = new WebSocket(`${rig.origin}/sync?token=ada`);
    const late = new TestDevice(socket);
    await new Promise((opened) => socket.once('open', opened));
    rig.revoke('ada');
    late.send({ type: 'hello', hello: { version: 1, schema: 1, device: 'd' as never } });
    expect(await late.ended).toBe(4401);
    expect(late.said).toMatchObject([{ type: 'error', code: 'not-signed-in' }]);
  });

  it('cuts a stranger off who sends more than a hello needs', async () => {
    rig = await startRig();
    await rig.people('ada');
    const { port } = new URL(rig.origin);
    const raw = connect(Number(port), '127.0.0.1');
    const closed = new Promise<void>((resolve) => raw.on('close', () => resolve()));
    raw.on('error', () => {});
    raw.write(
      'GET /sync HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await new Promise((answered) => raw.once('data', answered));
    // The head of a frame of 2 MB, then most of it.
    raw.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 1, 2, 3, 4]));
    raw.write(Buffer.alloc(100_000));
    await closed;
  });
});

describe('a member who asks for too much at once', () => {
  const withBigText = async () => {
    rig = await startRig();
    await rig.people('ada', 'ben');
    const ada = await rig.device('ada');
    const pad = rig.room('scratch', 'big');
    const mine = typing((await ada.lease())[0]!);
    mine.text.insert(0, 'x'.repeat(1_500_000));
    expect(await ada.update(pad, mine.take())).toMatchObject({ type: 'acked' });
    return { ada, pad };
  };

  it('[E-3] is told to come back before the answers to a thousand pulls pile up', async () => {
    const { ada, pad } = await withBigText();
    const ben = await rig.device('ben');
    const frames = Array.from({ length: 1_000 }, (_, request) =>
      encodeClientMessage({ type: 'pull', request, wants: [{ room: pad, cursor: 0, have: 0 }] }),
    );
    ben.socket.pause();
    for (const frame of frames) ben.socket.send(frame);
    const before = process.memoryUsage().rss;
    let worst = 0;
    for (let i = 0; i < 20; i++) {
      const started = performance.now();
      await ada.settle();
      worst = Math.max(worst, performance.now() - started);
    }
    ben.socket.resume();
    expect(await ben.ended).toBe(1013);
    expect(worst).toBeLessThan(1_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
  });
});
