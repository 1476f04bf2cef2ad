import { connect } from 'node:net';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { judge } from '../../server/relay/gate/judge.ts';
import { createPlaces } from '../../server/relay/gate/places.ts';
import { readUpdate } from '../../server/relay/gate/read-update.ts';
import { atOnce, unbounded } from '../../server/relay/gate/work.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { StorageError } from '../../server/storage/storage-error.ts';
import { scratchKind } from '../../shared/features/scratch/kind.ts';
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
      bounds: { silence: 1_000 },
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

describe('rooms that grow', () => {
  it('[S-3] a log of large messages comes as its newest ones, with the state before them', async () => {
    rig = await startRig();
    await rig.people('ada', 'ben');
    const ada = await rig.device('ada');
    const chat = rig.room('chat', 'long');
    await ada.command(chat, 'chat.create', { type: 'group', title: 'Long', members: ['ben'] });
    for (let i = 0; i < 60; i++) await ada.command(chat, 'chat.send', { text: '长'.repeat(20_000) });
    const ben = await rig.device('ben');
    const [whole] = (await ben.pull({ room: chat })).rooms;
    expect(whole).toMatchObject({ kind: 'log', head: 61, from: 61, entries: [], base: { title: 'Long' } });
    const [content] = (await ben.pull({ room: chat, have: 1 })).rooms;
    expect(content).toMatchObject({ kind: 'log', head: 61, base: { title: 'Long' } });
    if (content?.kind !== 'log') return;
    expect(content.entries.at(-1)).toMatchObject({ seq: 60 });
    expect(content.entries[0]).toMatchObject({ seq: content.from });
    expect(content.entries.length).toBeGreaterThan(10);
    expect(content.entries.length).toBeLessThan(20);
    const older = await ben.history(chat, content.from, 500);
    expect(older?.entries.at(-1)).toMatchObject({ seq: content.from - 1 });
    expect(older!.entries.length).toBeLessThan(20);
  });

  it('a text takes no more than its bound, and then still deletions', { timeout: 60_000 }, async () => {
    rig = await startRig();
    await rig.people('ada');
    const ada = await rig.device('ada');
    const pad = rig.room('scratch', 'full');
    const mine = typing((await ada.lease())[0]!);
    const add = (bytes: number) => {
      mine.text.insert(mine.text.length, 'y'.repeat(bytes));
      return ada.update(pad, mine.take());
    };
    for (let i = 0; i < 4; i++) expect(await add(7_900_000)).toMatchObject({ type: 'acked' });
    const over = typing((await ada.lease())[0]!, rig.relay.text(pad));
    over.text.insert(0, 'z'.repeat(4_000_000));
    expect(await ada.update(pad, over.take())).toMatchObject({ type: 'refused', code: 'too-large' });
    mine.text.delete(0, 20_000_000);
    expect(await ada.update(pad, mine.take())).toMatchObject({ type: 'acked' });
    expect(await add(7_900_000)).toMatchObject({ type: 'acked' });
  });

  it('a text that was rewritten again and again is read from a checkpoint', { timeout: 60_000 }, async () => {
    rig = await startRig({ later: (_milliseconds, run) => void setImmediate(run) });
    await rig.people('ada');
    const ada = await rig.device('ada');
    const pad = rig.room('scratch', 'churn');
    const mine = typing((await ada.lease())[0]!);
    for (let i = 0; i < 8; i++) {
      mine.text.delete(0, mine.text.length);
      mine.text.insert(0, String(i).repeat(4_000_000));
      expect(await ada.update(pad, mine.take())).toMatchObject({ type: 'acked' });
    }
    const size = async (): Promise<number> => {
      const [content] = (await ada.pull({ room: pad })).rooms;
      return content?.kind === 'text' ? content.updates.reduce((sum, each) => sum + each.length, 0) : 0;
    };
    await expect.poll(size, { timeout: 30_000, interval: 200 }).toBeLessThan(17_000_000);
    expect(await size()).toBeGreaterThan(4_000_000);
  });
});

describe('ids, states and names without end', () => {
  it('[P-3] lets no plain client hold an id that the relay may lease any moment', async () => {
    rig = await startRig();
    await rig.people('ada', 'eve');
    const room = rig.room('scratch', 'pad');
    const soon = Date.now() * 2 ** 11 + 2 ** 30;
    const forged = typing(soon);
    forged.text.insert(0, 'mine for ever');
    const socket = new WebSocket(`${rig.origin}/sync/${room}?token=eve`);
    await new Promise((opened) => socket.once('open', opened));
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, 2);
    encoding.writeVarUint8Array(encoder, forged.take());
    socket.send(encoding.toUint8Array(encoder));
    expect(await closed).toBe(4422);
    expect(rig.store.isClientTaken(soon)).toBe(false);
  });

  it('[A-2] ends a socket that claims a million states in one message, without looking each up', async () => {
    let asked = 0;
    const inner = createMemoryStore();
    rig = await startRig({ store: { ...inner, leaseHolder: (id) => (asked++, inner.leaseHolder(id)) } });
    await rig.people('ada');
    const ada = await rig.device('ada');
    const room = rig.room('scratch', 'pad');
    ada.send({ type: 'watch', room });
    const count = 300_000;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, count);
    for (let client = 0; client < count; client++) {
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, 1);
      encoding.writeVarString(encoder, '{}');
    }
    ada.send({ type: 'awareness', room, bytes: encoding.toUint8Array(encoder) });
    expect(await ada.ended).toBe(4400);
    expect(asked).toBeLessThan(10);
  });

  it('asks the disk about its health once a second, however often it is asked', async () => {
    let probes = 0;
    const inner = createMemoryStore();
    rig = await startRig({ store: { ...inner, probe: () => void probes++ } });
    for (let i = 0; i < 50; i++) expect(rig.relay.health()).toEqual({ ok: true });
    expect(probes).toBe(1);
  });

  it('checks an update of many structs in time that grows with it, not with its square', () => {
    const doc = new Y.Doc();
    doc.transact(() => {
      const all = Array.from({ length: 60_000 }, () => {
        const paragraph = new Y.XmlElement('p');
        paragraph.insert(0, [new Y.XmlText('a')]);
        return paragraph;
      });
      doc.getXmlFragment('content').insert(0, all);
    });
    const update = atOnce(readUpdate(Y.encodeStateAsUpdate(doc), unbounded()));
    const question = {
      doc: new Y.Doc(),
      places: createPlaces(),
      kind: scratchKind,
      update,
      owns: () => true,
    };
    const started = performance.now();
    expect(atOnce(judge(question, unbounded()))).toHaveProperty('order');
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
