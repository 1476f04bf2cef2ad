import { connect } from 'node:net';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Bound } from '../../server/bounds.ts';
import { createBucket } from '../../server/http/buckets.ts';
import { noMetrics, type RelayMetrics } from '../../server/relay/metrics.ts';
import { encodeClientMessage } from '../../shared/protocol/codec.ts';
import { newId, type DeviceId } from '../../shared/base/ids.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import { startRig, TestDevice, typing, type Rig } from './relay-rig.ts';

let rig: Rig;
let requests = 1_000;
afterEach(() => rig.stop());

const struck = new Map<Bound, number>();
const metrics: RelayMetrics = {
  ...noMetrics,
  struck: (bound) => void struck.set(bound, (struck.get(bound) ?? 0) + 1),
};
const start = async (bounds: Partial<Record<Bound, number>>, ...people: string[]): Promise<void> => {
  struck.clear();
  rig = await startRig({ bounds, metrics });
  await rig.people('ada', ...people);
};

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: string | undefined;
}
/** What an upgrade is answered with; null when it is let in, and then it stays. */
const knock = (path: string): Promise<Refused | WebSocket> =>
  new Promise((resolve) => {
    const socket = new WebSocket(rig.origin + path);
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const { error } = JSON.parse(text) as { error: { code: string } };
        const retryAfter = response.headers['retry-after'];
        resolve({ status: response.statusCode ?? 0, code: error.code, retryAfter });
      });
    });
  });
const sockets: WebSocket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.terminate()));
const tooMany = { status: 429, code: 'too-many-sockets', retryAfter: '10' };
const isIn = (answer: Refused | WebSocket): answer is WebSocket => answer instanceof WebSocket;
const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => socket.once('close', (code) => resolve(code)));

describe('sockets', () => {
  it('are so many in all, and one that goes makes place for another', async () => {
    await start({ sockets: 3 });
    const first = [await knock('/sync'), await knock('/sync?token=ada'), await knock('/sync?token=ada.b')];
    expect(first.every(isIn)).toBe(true);
    expect(await knock('/sync?token=ada.c')).toEqual(tooMany);
    expect(struck.get('sockets')).toBe(1);
    const gone = closed(first[0] as WebSocket);
    (first[0] as WebSocket).close();
    await gone;
    expect(isIn(await knock('/sync?token=ada.c'))).toBe(true);
  });

  it('are so many of one member, on both protocols, and nobody else is concerned', async () => {
    await start({ socketsPerMember: 2 }, 'ben');
    const pad = `/sync/${rig.room('scratch', 'pad')}`;
    expect(isIn(await knock('/sync?token=ada'))).toBe(true);
    expect(isIn(await knock(`${pad}?token=ada.b`))).toBe(true);
    expect(await knock(`${pad}?token=ada.c`)).toEqual(tooMany);
    expect(isIn(await knock('/sync?token=ben'))).toBe(true);
    // Whoever says only in the hello who they are is told there.
    const late = new TestDevice((await knock('/sync')) as WebSocket);
    const hello = {
      version: protocolVersion,
      schema: schemaVersion,
      device: newId<DeviceId>(),
      token: 'ada',
    };
    late.send({ type: 'hello', hello });
    expect(await late.until('error')).toMatchObject({ code: 'too-many-sockets' });
    expect(await late.ended).toBe(1013);
    expect(struck.get('socketsPerMember')).toBe(2);
  });

  it('of strangers are counted until they have said who they are, by network too', async () => {
    await start({ strangers: 3, strangersPerNetwork: 2 });
    const one = new TestDevice((await knock('/sync')) as WebSocket);
    expect(isIn(await knock('/sync'))).toBe(true);
    expect(await knock('/sync')).toEqual(tooMany);
    expect(isIn(await knock('/sync?token=ada'))).toBe(true);
    const hello = {
      version: protocolVersion,
      schema: schemaVersion,
      device: newId<DeviceId>(),
      token: 'ada.b',
    };
    one.send({ type: 'hello', hello });
    await one.until('welcome');
    expect(isIn(await knock('/sync'))).toBe(true);
    expect(struck.get('strangersPerNetwork')).toBe(1);
  });

  it('[H-1] of strangers have so many bytes and so much time', async () => {
    await start({ beforeHello: 4_096, helloTime: 300 });
    const talker = (await knock('/sync')) as WebSocket;
    const gone = closed(talker);
    for (let i = 0; i < 50; i++) talker.ping(Buffer.alloc(100));
    expect(await gone).toBe(1006);
    expect(struck.get('beforeHello')).toBe(1);
    expect(await closed((await knock('/sync')) as WebSocket)).toBe(4401);
    expect(struck.get('helloTime')).toBe(1);
  });

  it('do not inflate: compression is not spoken, and a frame that says it is compressed ends the connection', async () => {
    await start({});
    const answer = await new Promise<string>((resolve) => {
      const { port } = new URL(rig.origin);
      const raw = connect(Number(port), '127.0.0.1');
      let text = '';
      raw.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (!text.includes('\r\n\r\n')) return;
        // Final, compressed, binary; masked with zeros, one byte.
        if (!text.includes('\x88')) raw.write(Buffer.from([0xc2, 0x81, 0, 0, 0, 0, 1]));
      });
      raw.on('close', () => resolve(text));
      raw.write(
        'GET /sync?token=ada HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
          'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n',
      );
    });
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).not.toMatch(/permessage-deflate/i);
    // 1002: protocol error.
    expect(answer).toContain('\x88\x02\x03\xea');
  });

  it('[F-4] take a message of so many bytes and pieces', async () => {
    await start({ fragments: 16 });
    const large = await rig.device('ada');
    large.socket.send(Buffer.alloc(10 * 1024 * 1024 + 1));
    expect(await large.ended).toBe(1009);
    expect(struck.get('frame')).toBe(1);
    const torn = await rig.device('ada.b');
    for (let i = 0; i < 20; i++) torn.socket.send('x', { binary: true, fin: false });
    expect(await torn.ended).toBe(1008);
    expect(struck.get('fragments')).toBe(1);
  });
});

describe('who sends more than the rate allows', () => {
  it('is read more slowly and told so; nothing is refused, and nobody else waits', async () => {
    await start({ socketMessages: 100 }, 'ben');
    const [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
    const began = performance.now();
    const ping = encodeClientMessage({ type: 'ping' });
    // A thousand may come at once after a pause; the rest takes two seconds.
    for (let i = 0; i < 1_200; i++) ada.socket.send(ping);
    const notice = await ada.until('notice');
    expect(notice).toMatchObject({ code: 'too-many-requests' });
    expect(notice.retryAfter).toBeGreaterThan(0);
    await ben.settle();
    const pongs = (): number => ada.said.filter(({ type }) => type === 'pong').length;
    expect(pongs()).toBeLessThan(1_200);
    await ada.until('pong', () => pongs() === 1_200);
    expect(performance.now() - began).toBeGreaterThan(1_500);
    expect(ada.socket.readyState).toBe(WebSocket.OPEN);
    expect(struck.get('socketMessages')).toBeGreaterThan(0);
  });

  it('shares the rate of one member among all sockets of it', async () => {
    await start({ memberBytes: 64 * 1024 });
    const devices = await Promise.all(['ada', 'ada.b', 'ada.c'].map((token) => rig.device(token)));
    const big = encoding.encode((encoder) => encoding.writeVarUint8Array(encoder, new Uint8Array(300_000)));
    for (const { socket } of devices) socket.send(big);
    // Not a frame of ours: each is told so, but not before its bytes were counted.
    expect(await Promise.all(devices.map(({ ended }) => ended))).toEqual([4400, 4400, 4400]);
    expect(struck.get('memberBytes')).toBeGreaterThan(0);
  });

  it('gets a bucket that fills with time and holds ten seconds', () => {
    let now = 0;
    const bucket = createBucket(10, () => now);
    expect(bucket.spend(100)).toBe(0);
    expect(bucket.isFull).toBe(false);
    expect(bucket.spend(1)).toBe(100);
    expect(bucket.spend(9)).toBe(1_000);
    now = 1_000;
    expect(bucket.spend(0)).toBe(0);
    now = 100_000;
    expect(bucket.isFull).toBe(true);
    expect(bucket.spend(101)).toBe(100);
  });
});

describe('a text', () => {
  it('[U-1] [U-10] takes updates and grows as far as this relay says', async () => {
    const mebi = 1024 * 1024;
    await start({ text: 2 * mebi, update: 12 * mebi, frame: 13 * mebi });
    const ada = await rig.device('ada');
    const [small, large] = [rig.room('scratch', 'small'), rig.room('scratch', 'large')];
    const doc = typing((await ada.lease())[0]!);
    doc.text.insert(0, 'x'.repeat(1.5 * mebi));
    expect((await ada.update(small, doc.take())).type).toBe('acked');
    doc.text.insert(0, 'y'.repeat(mebi));
    expect(await ada.update(small, doc.take())).toMatchObject({ type: 'refused', code: 'too-large' });
    expect(struck.get('text')).toBe(1);
    const book = typing((await ada.lease())[0]!);
    book.text.insert(0, 'x'.repeat(12 * mebi));
    expect(await ada.update(large, book.take())).toMatchObject({ type: 'refused', code: 'too-large' });
    expect(struck.get('update')).toBe(1);
  });
});

describe('a device', () => {
  it('[A-1] watches so many rooms, and is told when it wants more', async () => {
    await start({ watchedRooms: 2 });
    const ada = await rig.device('ada');
    for (const id of ['a', 'b', 'b', 'c']) ada.send({ type: 'watch', room: rig.room('scratch', id) });
    expect(await ada.until('notice')).toMatchObject({ code: 'too-many-requests' });
    await ada.settle();
    expect(ada.said.filter(({ type }) => type === 'notice')).toHaveLength(1);
    ada.send({ type: 'unwatch', room: rig.room('scratch', 'a') });
    ada.send({ type: 'watch', room: rig.room('scratch', 'c') });
    await ada.settle();
    expect(struck.get('watchedRooms')).toBe(1);
  });

  it('[L-5] draws so many client ids in a day, and so do all devices of one member', async () => {
    let now = Date.UTC(2026, 0, 5);
    const day = 24 * 3_600_000;
    struck.clear();
    const bounds = { deviceLeases: 48, memberLeases: 80 };
    rig = await startRig({ bounds, metrics, clock: { now: () => now } });
    await rig.people('ada', 'ben');
    const [one, two, ben] = [await rig.device('ada'), await rig.device('ada.b'), await rig.device('ben')];
    const draw = async (by: TestDevice, count: number): Promise<number | string> => {
      const request = ++requests;
      by.send({ type: 'lease', request, count });
      const answer = await Promise.race([
        by.until('leased', (said) => said.request === request),
        by.until('refused', (said) => said.request === request),
      ]);
      return answer.type === 'leased' ? answer.ids.length : answer.code;
    };
    expect([await draw(one, 32), await draw(one, 32), await draw(one, 16)]).toEqual([
      32,
      'too-many-requests',
      16,
    ]);
    expect(struck.get('deviceLeases')).toBe(1);
    // Asking in vain takes nothing from the other devices.
    for (let i = 0; i < 5; i++) expect(await draw(one, 32)).toBe('too-many-requests');
    expect([await draw(two, 32), await draw(two, 1)]).toEqual([32, 'too-many-requests']);
    expect(struck.get('memberLeases')).toBe(1);
    expect(await draw(ben, 32)).toBe(32);
    // A clock that is set back gives nothing back.
    now -= 10 * day;
    expect(await draw(one, 1)).toBe('too-many-requests');
    now += 10 * day + day / 2;
    expect([await draw(one, 24), await draw(one, 1)]).toEqual([24, 'too-many-requests']);
    now += day;
    expect([await draw(one, 32), await draw(two, 32)]).toEqual([32, 32]);
  });

  it('[A-1] watches a room again that it had lost, and has its place for another meanwhile', async () => {
    await start({ watchedRooms: 1 }, 'eve');
    const [ada, eve] = [await rig.device('ada'), await rig.device('eve')];
    const [group, pad] = [rig.room('chat', 'g'), rig.room('scratch', 'pad')];
    const create = { type: 'group', title: '', members: ['eve'] };
    await ada.command(group, 'chat.create', create);
    eve.send({ type: 'watch', room: group });
    await eve.settle();
    await ada.command(group, 'chat.removeMember', { member: 'eve' });
    await eve.until('lost', ({ room }) => room === group);
    eve.send({ type: 'watch', room: pad });
    await eve.settle();
    expect(eve.said.filter(({ type }) => type === 'notice')).toEqual([]);
    eve.send({ type: 'unwatch', room: pad });
    await ada.command(group, 'chat.addMembers', { members: ['eve'] });
    eve.send({ type: 'watch', room: group });
    const state = new Y.Doc();
    state.clientID = (await ada.lease())[0]!;
    const caret = new Awareness(state);
    caret.setLocalState({ cursor: 1 });
    ada.send({ type: 'watch', room: group });
    await eve.settle();
    ada.send({ type: 'awareness', room: group, bytes: encodeAwarenessUpdate(caret, [state.clientID]) });
    expect((await eve.until('awareness')).room).toBe(group);
    caret.destroy();
  });

  it('is told the bounds of its relay', async () => {
    await start({ text: 1024 * 1024, command: 64 * 1024 });
    const { welcome } = await rig.device('ada');
    expect(welcome.limits).toMatchObject({ text: 1024 * 1024, command: 64 * 1024, frame: 10 * 1024 * 1024 });
  });
});
