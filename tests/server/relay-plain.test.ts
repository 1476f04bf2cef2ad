import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { WebsocketProvider } from 'y-websocket';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { member, startRig, typing, type Rig } from './relay-rig.ts';

let rig: Rig;
const providers: WebsocketProvider[] = [];
// Every provider listens for the end of the process.
process.setMaxListeners(0);
beforeEach(async () => {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
});
afterEach(async () => {
  for (const provider of providers.splice(0)) provider.destroy();
  await rig.stop();
});

const provide = (room: string, token: string, doc = new Y.Doc()): WebsocketProvider => {
  const polyfill = WebSocket as unknown as typeof globalThis.WebSocket;
  const provider = new WebsocketProvider(`${rig.origin}/sync`, room, doc, {
    WebSocketPolyfill: polyfill,
    params: { token },
    disableBc: true,
  });
  providers.push(provider);
  return provider;
};
const synced = (provider: WebsocketProvider): Promise<unknown> =>
  new Promise((done) => (provider.synced ? done(null) : provider.once('sync', done)));
const has = (doc: Y.Doc, test: (doc: Y.Doc) => boolean): Promise<void> =>
  new Promise((done) => {
    const look = (): void => {
      if (!test(doc)) return;
      doc.off('update', look);
      done();
    };
    doc.on('update', look);
    look();
  });
const text = (doc: Y.Doc): string => doc.getText('t').toJSON();

/** The status of an upgrade, asked with the path as it is. */
function upgrade(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(rig.origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const key = createHash('sha1').update('x').digest().subarray(0, 16).toString('base64');
      const lines = Object.entries({
        Host: hostname,
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Key': key,
        'Sec-WebSocket-Version': '13',
        ...headers,
      }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    });
    let got = '';
    const done = (): void => {
      socket.destroy();
      const [head = '', body = ''] = got.split('\r\n\r\n');
      resolve({ status: Number(head.split(' ')[1]), body: head.startsWith('HTTP/1.1 101') ? head : body });
    };
    socket.on('data', (data: Buffer) => {
      got += data.toString('latin1');
      if (got.startsWith('HTTP/1.1 101')) done();
    });
    socket.on('end', done);
    socket.on('error', reject);
  });
}

describe('a plain y-websocket client', () => {
  it('[P-1] syncs a room with another one, offline edits included', async () => {
    const room = rig.room('scratch', 'pad');
    const [ada, ben] = [provide(room, 'ada'), provide(room, 'ben')];
    await Promise.all([synced(ada), synced(ben)]);
    ada.doc.getText('t').insert(0, 'hello');
    await has(ben.doc, (doc) => text(doc) === 'hello');
    ada.disconnect();
    ada.doc.getText('t').insert(5, ' from afar');
    ben.doc.getText('t').insert(0, '> ');
    ada.connect();
    await Promise.all([ada, ben].map(({ doc }) => has(doc, (each) => text(each) === '> hello from afar')));
    expect(Y.encodeStateAsUpdate(ada.doc)).toEqual(Y.encodeStateAsUpdate(ben.doc));
    expect(rig.relay.text(room)).toEqual(Y.encodeStateAsUpdate(ben.doc));
  });

  it('[P-1] types before it has answered the relay’s question, and nothing is lost', async () => {
    const room = rig.room('scratch', 'pad');
    const doc = new Y.Doc();
    doc.getText('t').insert(0, 'offline ');
    const ada = provide(room, 'ada', doc);
    await new Promise<void>((open) => ada.on('status', ({ status }) => status === 'connected' && open()));
    doc.getText('t').insert(8, 'typed at once');
    const ben = provide(room, 'ben');
    await has(ben.doc, (each) => text(each) === 'offline typed at once');
  });

  it('[P-6] meets devices of the other protocol in both directions, without an echo', async () => {
    const room = rig.room('scratch', 'pad');
    const device = await rig.device('ben');
    const plain = provide(room, 'ada');
    await synced(plain);
    let echoes = 0;
    plain.doc.on('update', (_update: Uint8Array, origin: unknown) => {
      if (origin === plain) echoes++;
    });
    plain.doc.getText('t').insert(0, 'plain');
    await device.row(room);
    expect(echoes).toBe(0);
    const mine = typing((await device.lease())[0]!, rig.relay.text(room));
    mine.text.insert(5, ' and own');
    expect(await device.update(room, mine.take())).toMatchObject({ type: 'acked' });
    await has(plain.doc, (doc) => text(doc) === 'plain and own');
  });

  it('[P-3] owns its client id: nobody else writes under it there, by either protocol', async () => {
    const room = rig.room('scratch', 'pad');
    const doc = new Y.Doc();
    doc.clientID = 4711;
    const ada = provide(room, 'ada', doc);
    await synced(ada);
    const device = await rig.device('ben');
    doc.getText('t').insert(0, 'mine');
    await device.row(room);
    const before = rig.relay.text(room);

    const forged = new Y.Doc();
    Y.applyUpdate(forged, before);
    forged.clientID = 4711;
    forged.getText('t').insert(4, ' forged');
    const closed = new Promise<number>((resolve) => {
      const eve = provide(room, 'eve', forged);
      eve.on('connection-close', (event) => resolve(event?.code ?? 0));
    });
    expect(await closed).toBe(4422);
    const bytes = Y.encodeStateAsUpdate(forged, Y.encodeStateVectorFromUpdate(before));
    expect(await device.update(room, bytes)).toMatchObject({ code: 'update-not-leased' });
    expect(rig.relay.text(room)).toEqual(before);
    await rig.restart();
    expect(rig.store.claimHolder(4711, room)).toBe('ada');
  });

  it('[P-4] reads a log room as a Yjs array and may not write there', async () => {
    const room = rig.room('directory', 'main');
    const reader = provide(room, 'ben');
    await synced(reader);
    const entries = (): unknown[] => reader.doc.getArray('log').toJSON();
    expect(entries()).toHaveLength(3);
    expect(entries()[0]).toMatchObject({ type: 'member.join', by: 'ada' });
    await rig.people('zoe');
    await has(reader.doc, () => entries().length === 4);
    const denied = new Promise<string>((said) => {
      reader.messageHandlers[2] = (_encoder, decoder) => {
        said(new TextDecoder().decode(decoder.arr.subarray(decoder.pos + 2)));
      };
    });
    reader.doc.getArray('log').push(['forged']);
    expect(await denied).toMatch(/^permission denied/);
    expect(rig.store.room(room)?.rows).toBe(4);
  });

  it('[A-3] is seen under the name of its member, whatever it says', async () => {
    const room = rig.room('scratch', 'pad');
    const [ada, ben] = [provide(room, 'ada'), provide(room, 'ben')];
    await Promise.all([synced(ada), synced(ben)]);
    const seen = new Promise<unknown>((resolve) =>
      ben.awareness.on('change', () => {
        const state = ben.awareness.getStates().get(ada.doc.clientID);
        if (state?.user) resolve(state);
      }),
    );
    ada.awareness.setLocalState({
      user: { name: 'The Boss', id: 'ben', color: '#c00', html: '<b>' },
      cursor: 3,
    });
    expect(await seen).toEqual({ user: { id: 'ada', name: 'ada', color: '#c00' }, cursor: 3 });
    const gone = new Promise<void>((resolve) =>
      ben.awareness.on('change', () => !ben.awareness.getStates().has(ada.doc.clientID) && resolve()),
    );
    ada.destroy();
    await gone;
  });

  it('[S-7] is cut off when its member may no longer read the room', async () => {
    const device = await rig.device('ada');
    const chat = rig.room('chat', 'team');
    await device.command(chat, 'chat.create', { type: 'group', title: '', members: ['eve'] });
    const eve = provide(chat, 'eve');
    await synced(eve);
    const closed = new Promise((resolve) => eve.on('connection-close', (event) => resolve(event?.code)));
    await device.command(chat, 'chat.removeMember', { member: 'eve' });
    expect(await closed).toBe(4403);
    expect(eve.doc.getArray('log').length).toBe(1);
  });
});

describe('[P-2] an upgrade', () => {
  const scratch = (): string => `/sync/${rig.store.workspace}/scratch/pad`;

  it('is answered with 101 for names in either spelling, decoded once', async () => {
    const encoded = `/sync/${encodeURIComponent(rig.room('scratch', 'pad'))}?token=ada`;
    expect((await upgrade(encoded)).status).toBe(101);
    expect((await upgrade(`${scratch()}?token=ada`)).status).toBe(101);
    expect((await upgrade(encoded.replaceAll('%2F', '%252F'))).status).toBe(404);
  });

  it.each<[string, (path: string) => string, number, string]>([
    ['no token', (path) => path, 401, 'not-signed-in'],
    ['a wrong token', (path) => `${path}?token=wrong`, 401, 'not-signed-in'],
    ['a stranger', (path) => `${path}?token=stranger`, 403, 'forbidden'],
    ['another workspace', () => '/sync/elsewhere/scratch/pad?token=ada', 404, 'room-not-found'],
    ['an unknown kind', (path) => `${path.replace('scratch', 'nothing')}?token=ada`, 404, 'room-not-found'],
    [
      'a doc that is not there',
      (path) => `${path.replace('scratch', 'doc')}?token=ada`,
      404,
      'room-not-found',
    ],
    ['dots', (path) => `${path}/../pad?token=ada`, 404, 'room-not-found'],
    ['encoded dots', (path) => `${path}/%2e%2E/pad?token=ada`, 404, 'room-not-found'],
    ['dots behind an encoded slash', (path) => `${path}%2F..%2Fpad?token=ada`, 404, 'room-not-found'],
    ['NUL', (path) => `${path}%00?token=ada`, 404, 'room-not-found'],
    ['ten thousand letters', (path) => `${path}${'x'.repeat(10_000)}?token=ada`, 404, 'room-not-found'],
    ['broken encoding', (path) => `${path}%zz?token=ada`, 400, 'bad-request'],
    ['another address', () => '/elsewhere?token=ada', 404, 'not-found'],
    ['an absolute address', (path) => `//evil.example${path}?token=ada`, 404, 'room-not-found'],
  ])('with %s is refused', async (_why, path, status, code) => {
    const answer = await upgrade(path(scratch()));
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code } });
  });

  it('of a room that may not be read is 403', async () => {
    const device = await rig.device('ada');
    const chat = rig.room('chat', 'team');
    await device.command(chat, 'chat.create', { type: 'group', title: '', members: ['ben'] });
    expect((await upgrade(`/sync/${chat}?token=eve`)).status).toBe(403);
    expect((await upgrade(`/sync/${chat}?token=ben`)).status).toBe(101);
    expect(rig.relay.mayRead(member('eve'), chat).ok).toBe(false);
  });

  it('takes the token as a subprotocol and names it back', async () => {
    const answer = await upgrade(scratch(), { 'Sec-WebSocket-Protocol': 'x, weft.token.ada' });
    expect(answer.status).toBe(101);
    expect(answer.body).toMatch(/Sec-WebSocket-Protocol: weft\.token\.ada/i);
    const wrong = await upgrade(scratch(), { 'Sec-WebSocket-Protocol': 'weft.token.wrong' });
    expect(wrong.status).toBe(401);
  });

  it('takes the cookie from a page of our own only', async () => {
    const cookie = { Cookie: 'weft_session=ada' };
    expect((await upgrade(scratch(), { ...cookie, Origin: 'https://own.example' })).status).toBe(101);
    expect((await upgrade('/sync', { ...cookie, Origin: 'https://own.example' })).status).toBe(101);
    for (const headers of [
      cookie,
      { ...cookie, Origin: 'https://evil.example' },
      { ...cookie, Origin: 'null' },
    ])
      expect((await upgrade(scratch(), headers)).status).toBe(403);
  });
});
