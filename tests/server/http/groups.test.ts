import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import { bearer, owner, type SignedIn } from './test-app.ts';
import { noCards } from '../../support/no-cards.ts';

let folder: string;
let workspace: Workspace;
let app: ReturnType<typeof createApp>;
let me: SignedIn;
let ben: SignedIn;
let pia: SignedIn;
let now: number;

const send = async (method: string, path: string, who: SignedIn | null, body?: unknown): Promise<Response> =>
  app.request(path, {
    method,
    headers: { ...(who ? bearer(who.token) : {}), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
async function newPerson(name: string): Promise<SignedIn> {
  const wish = { role: 'member', maxUses: 1, expiresInDays: 1 };
  const { code } = (await (await send('POST', '/api/invitations', me, wish)).json()) as { code: string };
  const person = { name, email: `${name}@example.com`, password: `${name} has a secret` };
  return (await (await send('POST', `/api/join/${code}`, null, person)).json()) as SignedIn;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-groups-'));
  now = Date.UTC(2026, 0, 5);
  // No two things happen in the same second.
  const clock = { now: () => (now += 1_000) };
  workspace = await openWorkspace({ folder, durability: 'process', clock });
  const quiet = (): void => {};
  app = createApp({
    ...workspace,
    clock,
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
  me = (await (
    await send('POST', '/api/setup', null, { token, workspace: 'Example', ...owner })
  ).json()) as SignedIn;
  [ben, pia] = [await newPerson('ben'), await newPerson('pia')];
});
afterEach(async () => {
  await workspace.relay.stop();
  workspace.close();
  rmSync(folder, { recursive: true, force: true });
});

let n = 0;
const room = (part = ''): RoomId => `${me.workspace.id}/chat/team${part}` as RoomId;
const command = async (who: SignedIn, type: string, data: unknown, to = room()) => {
  const commands = [{ id: `c${++n}`, n, room: to, type, data }];
  const answer = await send('POST', '/api/commands', who, { commands });
  return ((await answer.json()) as { results: { ok: boolean; seq?: number; code?: string }[] }).results[0]!;
};
const begin = () => command(me, 'chat.create', { type: 'group', title: 'Team', members: [ben.member.id] });
const state = (): ChatState => workspace.relay.state(room()) as ChatState;
const of = (path: string, more = ''): string => `${path}?room=${encodeURIComponent(room())}${more}`;
const key = 'k'.repeat(22);
const follow = (who: SignedIn, with_ = key, group = 'team') =>
  send('POST', '/api/group-link', who, { group, key: with_ });
const look = (who: SignedIn, with_ = key) => send('GET', `/api/group-link?group=team&key=${with_}`, who);

describe('what was said before somebody came and is not for them', () => {
  let beforeAll: number;
  let since: number;

  beforeEach(async () => {
    await begin();
    await command(me, 'chat.send', { text: 'a secret' });
    await command(ben, 'chat.send', { text: 'another secret' });
    beforeAll = now;
    await command(me, 'chat.set', { newcomersRead: 'fromThen' });
    since = (await command(me, 'chat.addMembers', { members: [pia.member.id] })).seq!;
    await command(me, 'chat.send', { text: 'welcome' });
  });

  test('is not in the entries of the room', async () => {
    for (const from of [0, 1, since, 1_000]) {
      const text = await (await send('GET', of('/api/log', `&from=${from}`), pia)).text();
      expect(text).not.toContain('secret');
    }
    const seen = (await (await send('GET', of('/api/log'), pia)).json()) as { entries: { seq: number }[] };
    expect(seen.entries.map(({ seq }) => seq)).toEqual([since, since + 1]);
    expect(await (await send('GET', of('/api/log'), ben)).text()).toContain('secret');
  });

  test('is not in the room as it was at any moment', async () => {
    const past = await send('GET', of('/api/room-at', `&at=${beforeAll}`), pia);
    expect(past.status).toBe(404);
    const later = await send('GET', of('/api/room-at', `&at=${now}&limit=1000`), pia);
    expect(later.status).toBe(200);
    const text = await later.text();
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({ from: since });
    expect(await (await send('GET', of('/api/room-at', `&at=${beforeAll}`), ben)).text()).toContain('secret');
    // The moment between: the state of then tells of nothing that was said before.
    const between = await send('GET', of('/api/room-at', `&at=${beforeAll + 60_000}`), pia);
    expect(await between.text()).not.toContain('secret');
  });

  test('is not counted among its versions', async () => {
    const { versions, next } = (await (await send('GET', of('/api/versions'), pia)).json()) as {
      versions: { seq: number; since: number }[];
      next: number | null;
    };
    expect(next).toBeNull();
    for (const version of versions) expect(version.since).toBeGreaterThan(beforeAll);
  });
});

describe('the link to a group', () => {
  beforeEach(begin);

  test('is nothing while there is none, and with a wrong key', async () => {
    for (const group of ['team', 'nowhere', 'direct-a-b'])
      expect((await follow(pia, key, group)).status).toBe(404);
    await command(me, 'chat.link', { key });
    expect(await (await follow(pia, 'x'.repeat(22))).json()).toMatchObject({
      error: { code: 'link-invalid' },
    });
    expect((await send('POST', '/api/group-link', null, { group: 'team', key })).status).toBe(401);
    expect(Object.keys(state().members)).toHaveLength(2);
  });

  test('lets somebody ask once, and its managers let them in', async () => {
    await command(me, 'chat.link', { key });
    expect(await (await look(pia)).json()).toEqual({ title: 'Team', members: 2, does: 'asks', asked: false });
    expect(await (await follow(pia)).json()).toEqual({ does: 'asks' });
    expect(await (await follow(pia)).json()).toEqual({ does: 'asks' });
    expect(await (await look(pia)).json()).toMatchObject({ asked: true });
    expect(workspace.relay.entries(null, room(':joins'), 0, 10)).toMatchObject([
      { type: 'chat.ask', by: pia.member.id },
    ]);
    expect(Object.keys(state().members)).toHaveLength(2);
    expect((await send('GET', of('/api/log'), pia)).status).toBe(403);
    // Neither she nor a plain member answers; she reads no requests either.
    for (const who of [pia, ben])
      expect(await command(who, 'chat.answer', { member: pia.member.id }, room(':joins'))).toMatchObject({
        ok: false,
      });
    await command(me, 'chat.addMembers', { members: [pia.member.id] });
    await command(me, 'chat.answer', { member: pia.member.id }, room(':joins'));
    expect(await (await look(pia)).json()).toMatchObject({ does: 'in', asked: false });
    expect(await (await follow(pia)).json()).toEqual({ does: 'in' });
  });

  test('lets somebody in where it is so, in their own name, for all to see', async () => {
    await command(me, 'chat.link', { key });
    await command(me, 'chat.set', { link: 'joins' });
    expect(await (await follow(pia)).json()).toEqual({ does: 'joins' });
    expect(workspace.relay.entries(null, room(), 3, 10)).toMatchObject([
      { type: 'chat.join', by: pia.member.id },
    ]);
    expect(Object.hasOwn(state().members, pia.member.id as MemberId)).toBe(true);
    // Whoever was taken out does not walk in again.
    await command(me, 'chat.removeMember', { member: pia.member.id });
    expect(await (await follow(pia)).json()).toEqual({ does: 'asks' });
    expect(Object.hasOwn(state().members, pia.member.id as MemberId)).toBe(false);
    await command(me, 'chat.link', { key: null });
    expect((await follow(pia)).status).toBe(404);
  });

  test('ends with the group', async () => {
    await command(me, 'chat.link', { key });
    await command(me, 'chat.dissolve', {});
    expect(await (await follow(pia)).json()).toMatchObject({ error: { code: 'group-dissolved' } });
  });
});
