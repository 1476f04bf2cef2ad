import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import { systemClock } from '../../../shared/base/clock.ts';
import { noCards } from '../../support/no-cards.ts';
import { bearer, codeOf, owner, type SignedIn } from './test-app.ts';

/* Mei works in a department that is hidden from Kim, who asks every route for it. */

let folder: string;
let workspace: Workspace;
let app: ReturnType<typeof createApp>;
let [me, mei, kim]: SignedIn[] = [];
let n = 0;

const send = async (method: string, path: string, who: SignedIn | null, body?: unknown): Promise<Response> =>
  app.request(path, {
    method,
    headers: { ...(who ? bearer(who.token) : {}), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-people-'));
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
  const wish = { role: 'member', maxUses: 2, expiresInDays: 1 };
  const { code } = (await (await send('POST', '/api/invitations', me, wish)).json()) as { code: string };
  const joined = async (name: string): Promise<SignedIn> => {
    const person = { name, email: `${name}@example.com`, password: `${name} has a secret` };
    return (await (await send('POST', `/api/join/${code}`, null, person)).json()) as SignedIn;
  };
  [mei, kim] = [await joined('mei'), await joined('kim')];
  n = 0;
  const tell = async (type: string, data: unknown): Promise<void> => {
    const command = { id: `c${++n}`, n, room: directory(), type, data };
    const answer = await send('POST', '/api/commands', me!, { commands: [command] });
    expect(await answer.json()).toMatchObject({ results: [{ ok: true }] });
  };
  await tell('department.create', { department: 'lab-id', name: 'Secret Lab', parent: null, order: 1 });
  await tell('member.place', { members: [mei.member.id], join: ['lab-id'] });
  await tell('department.show', { department: 'lab-id', shownTo: { departments: [], members: [] } });
});
afterEach(async () => {
  await workspace.relay.stop();
  workspace.close();
  rmSync(folder, { recursive: true, force: true });
});

const directory = (): string => `${me!.workspace.id}/directory/main`;
const routes = (): string[] => {
  const room = encodeURIComponent(directory());
  return [
    '/api/rooms',
    ...[0, 1, 3, 1_000].map((from) => `/api/log?room=${room}&from=${from}`),
    `/api/log?room=${room}&limit=1`,
    `/api/room-at?room=${room}&at=${Date.now()}`,
    `/api/room-at?room=${room}&at=${Date.now() - 1}&limit=1000`,
    `/api/versions?room=${room}`,
    `/api/versions?room=${room}&before=3`,
    `/api/text?room=${room}`,
    `/api/attribution?room=${room}`,
    '/api/invitations',
    '/api/session',
    '/api/sessions',
  ];
};

describe('the API, asked by somebody from whom a department is hidden', () => {
  it('says nothing of it and of its people, by any route', async () => {
    const secrets = ['lab-id', 'Secret Lab', mei!.member.id, 'mei@example.com'];
    for (const path of routes()) {
      const answer = await (await send('GET', path, kim!)).text();
      expect([path, secrets.filter((each) => answer.includes(each))]).toEqual([path, []]);
    }
    const all = await Promise.all(routes().map(async (path) => (await send('GET', path, me!)).text()));
    for (const each of secrets) expect(all.some((answer) => answer.includes(each))).toBe(true);
  });

  it('gives them a log of one entry that says what they may see', async () => {
    const answer = await send('GET', `/api/log?room=${encodeURIComponent(directory())}`, kim!);
    const { entries } = (await answer.json()) as { entries: { type: string; data: unknown }[] };
    expect(entries).toMatchObject([
      { type: 'directory.seen', data: { rest: { name: 'Example Ltd' }, members: { gone: [] } } },
    ]);
  });
});

describe('GET /api/people', () => {
  it('tells a name to whoever has met the person, and nothing else of them', async () => {
    const asked = [mei!.member.id, 'nobody', kim!.member.id].join(',');
    const answer = await send('GET', `/api/people?ids=${asked}`, kim!);
    expect(await answer.json()).toEqual({
      people: [
        { id: mei!.member.id, name: 'mei', leftAt: null },
        { id: kim!.member.id, name: 'kim', leftAt: null },
      ],
    });
  });

  it('is for members, and bounded', async () => {
    expect((await send('GET', '/api/people?ids=x', null)).status).toBe(401);
    for (const ids of ['', '../x', 'a,,b', Array.from({ length: 201 }, (_, i) => `m${i}`).join(',')]) {
      const answer = await send('GET', `/api/people?ids=${ids}`, kim!);
      expect([ids, answer.status, await codeOf(answer)]).toEqual([ids, 400, 'bad-request']);
    }
  });
});
