import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import { systemClock } from '../../../shared/base/clock.ts';
import type { DeviceId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { bearer, codeOf, owner, type SignedIn } from './test-app.ts';
import { noCards } from '../../support/no-cards.ts';

let folder: string;
let workspace: Workspace;
let app: ReturnType<typeof createApp>;
let me: SignedIn;
let mei: SignedIn;

const send = async (method: string, path: string, who: SignedIn | null, body?: unknown): Promise<Response> =>
  app.request(path, {
    method,
    headers: { ...(who ? bearer(who.token) : {}), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-rooms-'));
  workspace = await openWorkspace({ folder, durability: 'process' });
  const quiet = (): void => {};
  app = createApp({
    ...workspace,
    clock: systemClock,
    log: { info: quiet, warn: quiet, error: quiet },
    cards: noCards,
    metrics: createRequestMetrics(new Registry()),
    bounds: defaultBounds,
    boundMetrics: noBoundMetrics,
    files: null,
    publicUrl: null,
    trustedProxies: 0,
  });
  const token = workspace.auth.setup.link();
  const first = await send('POST', '/api/setup', null, { token, workspace: 'Example Ltd', ...owner });
  me = (await first.json()) as SignedIn;
  const wish = { role: 'member', maxUses: 1, expiresInDays: 1 };
  const { code } = (await (await send('POST', '/api/invitations', me, wish)).json()) as { code: string };
  const person = { name: 'Mei', email: 'mei@example.com', password: 'mei has a secret' };
  mei = (await (await send('POST', `/api/join/${code}`, null, person)).json()) as SignedIn;
});
afterEach(async () => {
  await workspace.relay.stop();
  workspace.close();
  rmSync(folder, { recursive: true, force: true });
});

let n = 0;
beforeEach(() => {
  n = 0;
});
const command = (room: string, type: string, data: unknown) => ({ id: `c${++n}`, n, room, type, data });
const commands = async (who: SignedIn, ...all: unknown[]) =>
  (await (await send('POST', '/api/commands', who, { commands: all })).json()) as {
    results: { id: string; ok: boolean; code?: string; seq?: number | null; cursor?: number }[];
  };
const room = (kind: string, id: string): string => `${me.workspace.id}/${kind}/${id}`;
const at = (path: string, name: string): string => `${path}?room=${encodeURIComponent(name)}`;

describe('the API on the real relay', () => {
  test('makes the first owner and joins people by the directory, accounts included', async () => {
    const directory = workspace.relay.directory();
    expect(directory.name).toBe('Example Ltd');
    expect(Object.values(directory.members).map(({ name, role }) => [name, role])).toEqual([
      ['Lin Wei', 'owner'],
      ['Mei', 'member'],
    ]);
  });

  test('a fact and its account stand or fall together', async () => {
    const before = workspace.relay.directory();
    const ticket = {
      role: 'member' as const,
      member: null,
      claim: () => ({ ok: true as const, value: true as const }),
      release() {},
      use() {
        throw new Error('used up');
      },
    };
    const person = { name: 'Eve', email: 'eve@example.com', password: 'eve has a secret' };
    await expect(workspace.auth.admit(person, ticket)).rejects.toThrow('used up');
    expect(workspace.relay.directory()).toEqual(before);
    expect(workspace.authStore.accountByEmail('eve@example.com')).toBeNull();
  });

  test('commands are applied in order, once, and answered one by one', async () => {
    const chat = room('chat', 'plans');
    const batch = [
      command(chat, 'chat.create', { type: 'group', title: 'Plans', members: [mei.member.id] }),
      command(chat, 'chat.send', { text: 'first' }),
      command(chat, 'chat.send', { text: '' }),
      command(chat, 'chat.send', { text: 'second' }),
    ];
    const { results } = await commands(me, ...batch);
    expect(results.map(({ ok, seq, code }) => [ok, seq ?? code])).toEqual([
      [true, 0],
      [true, 1],
      [false, 'bad-request'],
      [true, 2],
    ]);
    expect((await commands(me, ...batch)).results).toEqual(results);

    const log = await send('GET', `${at('/api/log', chat)}&from=1&limit=1`, mei);
    const { entries } = (await log.json()) as { entries: { seq: number; by: string; data: unknown }[] };
    expect(entries).toMatchObject([{ seq: 1, by: me.member.id, data: { text: 'first' } }]);
  });

  test('malformed commands are refused as a whole, before any is applied', async () => {
    const good = command(room('chat', 'plans'), 'chat.create', {
      type: 'group',
      title: '',
      members: [mei.member.id],
    });
    for (const bad of [{ ...good, n: -1 }, { ...good, id: '../x' }, { ...good, room: 7 }, null, 'x']) {
      const answer = await send('POST', '/api/commands', me, { commands: [good, bad] });
      expect([bad, answer.status, await codeOf(answer)]).toEqual([bad, 400, 'bad-request']);
    }
    expect((await send('GET', at('/api/log', room('chat', 'plans')), me)).status).toBe(404);
    const many = Array.from({ length: 101 }, () => good);
    expect((await send('POST', '/api/commands', me, { commands: many })).status).toBe(400);
    const strange = await commands(
      me,
      { ...good, room: 'no room' },
      { ...good, id: 'c9', n: 9, room: 'w2/chat/x' },
    );
    expect(strange.results.every(({ ok }) => !ok)).toBe(true);
  });

  test('rooms are listed and read by those who may', async () => {
    const chat = room('chat', 'secret');
    await commands(me, command(chat, 'chat.create', { type: 'group', title: '', members: [me.member.id] }));
    const list = async (who: SignedIn, query = '') =>
      ((await (await send('GET', `/api/rooms${query}`, who)).json()) as { room: string }[]).map(
        (head) => head.room,
      );
    expect(await list(me)).toContain(chat);
    expect(await list(mei)).toEqual([room('directory', 'main')]);
    expect(await list(me, '?kind=chat')).toEqual([chat]);
    const read = await send('GET', at('/api/log', chat), mei);
    expect([read.status, await codeOf(read)]).toEqual([403, 'forbidden']);
    for (const name of ['w2/chat/secret', 'x', room('chat', '..'), room('nothing', 'x')])
      expect([name, (await send('GET', at('/api/log', name), me)).status]).toEqual([name, 404]);
    expect((await send('GET', at('/api/log', room('scratch', 'x')), me)).status).toBe(400);
    expect((await send('GET', '/api/rooms', null)).status).toBe(401);
  });

  test('a text comes as one Yjs update', async () => {
    const caller = {
      member: me.member.id as MemberId,
      session: me.session.id,
      device: me.session.device as DeviceId,
    };
    const [client = 0] = await workspace.relay.lease(caller, 1);
    const doc = new Y.Doc();
    doc.clientID = client;
    doc.getText('t').insert(0, '你好');
    const scratch = room('scratch', 'notes') as RoomId;
    expect((await workspace.relay.update(caller, scratch, Y.encodeStateAsUpdate(doc))).ok).toBe(true);
    const answer = await send('GET', at('/api/text', scratch), mei);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    const copy = new Y.Doc();
    Y.applyUpdate(copy, new Uint8Array(await answer.arrayBuffer()));
    expect(copy.getText('t').toString()).toBe('你好');
    expect((await send('GET', at('/api/text', room('directory', 'main')), me)).status).toBe(400);
  });

  test('a member who is removed is out at once', async () => {
    const directory = room('directory', 'main');
    const { results } = await commands(me, command(directory, 'member.remove', { member: mei.member.id }));
    expect(results[0]?.ok).toBe(true);
    expect((await send('GET', '/api/session', mei)).status).toBe(401);
    const again = await send('POST', '/api/sign-in', null, {
      email: 'mei@example.com',
      password: 'mei has a secret',
    });
    expect(await codeOf(again)).toBe('wrong-password');
  });
});
