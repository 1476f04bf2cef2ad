import { request as httpRequest } from 'node:http';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../shared/base/ids.ts';
import { startRelay, until, type RelayProcess } from '../support/relay-process.ts';
import { join, signIn, type SignedIn } from '../support/sign-in.ts';

describe('any program that speaks y-websocket', () => {
  let relay: RelayProcess;
  let admin: SignedIn;
  let other: SignedIn;
  const providers: WebsocketProvider[] = [];

  beforeAll(async () => {
    relay = await startRelay();
    admin = await signIn(relay.address);
    [other] = (await join(relay.address, admin, ['Other'])) as [SignedIn];
  });
  afterEach(() => {
    for (const provider of providers.splice(0)) provider.destroy();
  });
  afterAll(() => relay.stop());

  const socketAddress = () => `${relay.address.replace('http', 'ws')}/sync`;
  const scratch = (id: string) => `${admin.workspace.id}/scratch/${id}`;

  function provide(who: SignedIn, room: string, doc = new Y.Doc()): WebsocketProvider {
    const provider = new WebsocketProvider(socketAddress(), room, doc, {
      params: { token: who.token },
      // Node 20 has no WebSocket of its own; y-websocket takes any class of that shape.
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      resyncInterval: -1,
    });
    providers.push(provider);
    return provider;
  }

  it('[P-1] syncs a scratch room both ways with the standard provider, unchanged', async () => {
    const room = scratch('notes');
    const a = provide(admin, room);
    const b = provide(other, room);
    await until('both are synced', () => a.synced && b.synced);
    a.doc.getText('t').insert(0, '你好 ');
    b.doc.getMap('m').set('k', [1, 2]);
    await until('a has what b wrote', () => a.doc.getMap('m').has('k'));
    await until('b has what a wrote', () => b.doc.getText('t').toString() === '你好 ');
    b.doc.getText('t').insert(3, 'world');
    await until('a sees it', () => a.doc.getText('t').toString() === '你好 world');
    expect(Y.encodeStateAsUpdate(a.doc)).toEqual(Y.encodeStateAsUpdate(b.doc));
  });

  it('[P-4] passes awareness on, with the name the relay knows', async () => {
    const room = scratch('cursors');
    const a = provide(admin, room);
    const b = provide(other, room);
    await until('both are synced', () => a.synced && b.synced);
    b.doc.getText('t').insert(0, 'x');
    b.awareness.setLocalStateField('user', { name: 'Somebody else', color: '#123456' });
    const state = await until(
      'a sees b',
      () => a.awareness.getStates().get(b.doc.clientID)?.['user'] as unknown,
    );
    expect(state).toMatchObject({ id: other.member.id, name: 'Other', color: '#123456' });
    b.destroy();
    await until('b is gone', () => !a.awareness.getStates().has(b.doc.clientID));
  });

  it('keeps what was written for whoever comes later, over a restart of the relay', async () => {
    const room = scratch('later');
    const a = provide(admin, room);
    await until('synced', () => a.synced);
    a.doc.getArray('list').push(['one', 'two']);
    const b = provide(other, room);
    await until('b has it', () => b.doc.getArray('list').length === 2);
    for (const provider of providers.splice(0)) provider.destroy();
    await relay.restart();
    const late = provide(other, room);
    await until('the latecomer has it', () => late.doc.getArray('list').length === 2);
  });

  const upgrade = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(`${relay.address}${path}`, {
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        },
      });
      request.on('upgrade', (_response, socket) => {
        socket.destroy();
        resolve(101);
      });
      request.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', reject);
      request.end();
    });

  it('[P-2] refuses before the upgrade what may not be opened', async () => {
    const token = `?token=${admin.token}`;
    expect(await upgrade(`/sync/${scratch('ok')}${token}`)).toBe(101);
    expect(await upgrade(`/sync/${scratch('ok')}?token=wrong`)).toBe(401);
    expect(await upgrade(`/sync/${scratch('ok')}`)).toBe(401);
    expect(await upgrade(`/sync/elsewhere/scratch/ok${token}`)).toBe(404);
    expect(await upgrade(`/sync/${admin.workspace.id}/nothing/ok${token}`)).toBe(404);
    expect(await upgrade(`/sync/${admin.workspace.id}/chat/${newId()}${token}`)).toBe(404);
    for (const id of ['..%2F..%2Fetc', 'a%00b', '%2e%2e', 'x'.repeat(10_000)])
      expect(await upgrade(`/sync/${admin.workspace.id}/scratch/${id}${token}`), id.slice(0, 20)).toBe(404);
  });

  it("[P-2] refuses other people's conversations before the upgrade", async () => {
    const room = `${admin.workspace.id}/chat/${newId()}`;
    const response = await fetch(`${relay.address}/api/commands`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        commands: [
          {
            id: newId(),
            n: 1,
            room,
            type: 'chat.create',
            data: { type: 'group', title: '', members: [admin.member.id] },
          },
        ],
      }),
    });
    expect(await response.json()).toMatchObject({ results: [{ ok: true }] });
    expect(await upgrade(`/sync/${room}?token=${admin.token}`)).toBe(101);
    expect(await upgrade(`/sync/${room}?token=${other.token}`)).toBe(403);
  });
});
