import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import { isSomebodys } from '../../../shared/features/directory/visibility.ts';
import { noCards } from '../../support/no-cards.ts';
import { bearer, codeOf, cookieOf, owner, ownPage, type SignedIn } from './test-app.ts';

/* Photos of people: small pictures in the directory's room, for whoever may see the person. */

let folder: string;
let workspace: Workspace;
let app: ReturnType<typeof createApp>;
let [me, mei, kim]: SignedIn[] = [];
let now: number;
let n = 0;

const send = async (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
  app.request(path, {
    method,
    headers: { ...ownPage, 'content-type': 'application/json', ...headers },
    ...(body === undefined
      ? {}
      : { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-photos-'));
  now = Date.UTC(2026, 0, 5, 9);
  n = 0;
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
    await send('POST', '/api/setup', {}, { token, workspace: 'Example', ...owner })
  ).json()) as SignedIn;
  const wish = { role: 'member', maxUses: 2, expiresInDays: 1 };
  const made = await send('POST', '/api/invitations', bearer(me.token), wish);
  const { code } = (await made.json()) as { code: string };
  const joined = async (name: string): Promise<SignedIn> => {
    const person = { name, email: `${name}@example.com`, password: `${name} has a secret` };
    return (await (await send('POST', `/api/join/${code}`, {}, person)).json()) as SignedIn;
  };
  [mei, kim] = [await joined('mei'), await joined('kim')];
});
afterEach(async () => {
  await workspace.relay.stop();
  workspace.close();
  rmSync(folder, { recursive: true, force: true });
});

const room = (name: string): RoomId => `${me!.workspace.id}/${name}` as RoomId;
const directory = (): RoomId => room('directory/main');
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
async function command(who: SignedIn, to: RoomId, type: string, data: unknown): Promise<string> {
  const commands = [{ id: `c${++n}`, n, room: to, type, data }];
  const answer = await send('POST', '/api/commands', bearer(who.token), { commands });
  const { results } = (await answer.json()) as { results: { ok: boolean; code?: string }[] };
  return results[0]!.ok ? 'ok' : results[0]!.code!;
}

function chunk(type: string, data: Buffer): Buffer {
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(type, 'latin1'), data, sum]);
}
/** A PNG of that many pixels, as its header says. */
function picture(side: number, salt: string): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.from(salt)))]);
}

const at = (bytes: Uint8Array, of = directory()): string =>
  `room=${encodeURIComponent(of)}&hash=${hashOf(bytes)}`;
const upload = (who: SignedIn, bytes: Uint8Array, to = directory()) =>
  send('PATCH', `/api/upload?${at(bytes, to)}&size=${bytes.length}&at=0`, bearer(who.token), bytes);
const get = (who: SignedIn, bytes: Uint8Array) => send('GET', `/api/blob?${at(bytes)}`, bearer(who.token));
const stateOf = async (who: SignedIn, bytes: Uint8Array): Promise<unknown> =>
  (await send('GET', `/api/blob/state?${at(bytes)}`, bearer(who.token))).json();
async function show(who: SignedIn, bytes: Uint8Array): Promise<void> {
  expect((await upload(who, bytes)).status).toBe(200);
  expect(await command(who, directory(), 'member.profile', { photo: hashOf(bytes) })).toBe('ok');
}

test('a photo is there for every colleague, as nothing but a picture, until its person takes another', async () => {
  const [first, second] = [picture(256, 'one'), picture(256, 'two')];
  await show(mei!, first);
  const answer = await get(kim!, first);
  expect(Buffer.from(await answer.arrayBuffer()).equals(first)).toBe(true);
  expect(answer.headers.get('content-type')).toBe('image/png');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
  await show(mei!, second);
  expect((await get(kim!, first)).status).toBe(404);
  expect((await get(kim!, second)).status).toBe(200);
  // The bytes of the old one go at a tidying, a day later, and those that somebody shows stay.
  now += 86_400_000;
  const { blobs, relay } = workspace;
  const faces = {
    room: directory(),
    isShown: (hash: string): boolean => isSomebodys(relay.directory(), hash),
  };
  await blobs.tend(0, faces);
  expect(blobs.find(directory(), hashOf(first))).toBeNull();
  expect((await get(kim!, second)).status).toBe(200);
});

test('what is no small picture is not taken: programs, large ones, and those that are huge on the screen', async () => {
  const refused: [Uint8Array, number, string][] = [
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), 415, 'not-a-picture'],
    [Buffer.from('<!doctype html><script>alert(1)</script>'), 415, 'not-a-picture'],
    [Buffer.from('GIF89a<script>alert(1)</script>'), 415, 'not-a-picture'],
    [Buffer.from('\x89PNG\r\n\x1a\n<script>alert(1)</script>', 'latin1'), 415, 'not-a-picture'],
    [picture(30_000, 'a bomb'), 413, 'too-large'],
    [Buffer.concat([picture(64, 'long'), Buffer.alloc(40 * 1024)]), 413, 'too-large'],
  ];
  for (const [bytes, status, code] of refused) {
    const answer = await upload(mei!, bytes);
    expect([status, code]).toEqual([answer.status, await codeOf(answer)]);
    expect(workspace.blobs.find(directory(), hashOf(bytes))).toBeNull();
  }
});

test('somebody else’s file does not become readable by calling it one’s photo', async () => {
  const team = room('chat/team');
  await command(me!, team, 'chat.create', { type: 'group', title: 'Team', members: [mei!.member.id] });
  const secret = picture(64, 'between us');
  expect((await upload(me!, secret, team)).status).toBe(200);
  expect(await command(kim!, directory(), 'member.profile', { photo: hashOf(secret) })).toBe('ok');
  expect((await get(kim!, secret)).status).toBe(404);
  expect(await stateOf(kim!, secret)).toEqual({ stored: false, removed: false, received: null });
  // Not even who may read it there takes it from there: what is checked when it comes must come.
  const copied = await send('POST', '/api/blob/copy', bearer(me!.token), {
    from: team,
    room: directory(),
    hash: hashOf(secret),
  });
  expect(copied.status).toBe(403);
});

test('an administrator takes a photo away, and nobody else does', async () => {
  const photo = picture(256, 'mei');
  await show(mei!, photo);
  const away = { member: mei!.member.id, photo: null };
  expect(await command(kim!, directory(), 'member.edit', away)).toBe('forbidden');
  // Nor does an administrator choose one for somebody.
  const chosen = { member: mei!.member.id, photo: hashOf(photo) };
  expect(await command(me!, directory(), 'member.edit', chosen)).toBe('bad-request');
  expect(await command(me!, directory(), 'member.edit', away)).toBe('ok');
  expect((await get(kim!, photo)).status).toBe(404);
});

test('a photo is hidden with its person, also from who kept its address', async () => {
  const photo = picture(256, 'mei');
  await show(mei!, photo);
  expect((await get(kim!, photo)).status).toBe(200);
  const lab = { department: 'lab-id', name: 'Secret Lab', parent: null, order: 1 };
  expect(await command(me!, directory(), 'department.create', lab)).toBe('ok');
  const place = { members: [mei!.member.id], join: ['lab-id'] };
  expect(await command(me!, directory(), 'member.place', place)).toBe('ok');
  const hide = { department: 'lab-id', shownTo: { departments: [], members: [] } };
  expect(await command(me!, directory(), 'department.show', hide)).toBe('ok');
  expect((await get(kim!, photo)).status).toBe(404);
  expect(await stateOf(kim!, photo)).toEqual({ stored: false, removed: false, received: null });
  const copied = await send('POST', '/api/blob/copy', bearer(kim!.token), {
    from: directory(),
    room: room(`chat/${kim!.member.id}`),
    hash: hashOf(photo),
  });
  expect(copied.status).toBe(404);
  expect((await get(me!, photo)).status).toBe(200);
  const told = await send(
    'GET',
    `/api/log?room=${encodeURIComponent(directory())}&from=0`,
    bearer(kim!.token),
  );
  expect(await told.text()).not.toContain(hashOf(photo));
});

test('guests see the photo of whom their link leads to and who answers them, and of nobody else', async () => {
  const [photo, other] = [picture(256, 'me'), picture(256, 'mei')];
  await show(me!, photo);
  await show(mei!, other);
  const link = {
    ...{ id: 'l1', code: 'Abcdefghijklmnop', name: 'Shop', on: true, until: null, source: '', tags: [] },
    ...{ welcome: '', hours: null, away: '', to: { member: me!.member.id } },
  };
  expect(await command(me!, room('customers/main'), 'customers.link', link)).toBe('ok');

  const { person } = (await (await send('GET', `/api/contact/${link.code}`, {})).json()) as {
    person: { photo: string };
  };
  expect(person).not.toHaveProperty('id');
  const stranger = await send('GET', person.photo, {});
  expect(Buffer.from(await stranger.arrayBuffer()).equals(photo)).toBe(true);
  expect(stranger.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
  const others = `/api/contact/${link.code}/photo/${hashOf(other)}`;
  expect((await send('GET', others, {})).status).toBe(404);
  const guessed = person.photo.replace(link.code, 'Zzzzzzzzzzzzzzzz');
  expect(await codeOf(await send('GET', guessed, {}))).toBe('link-invalid');

  const begun = await send(
    'POST',
    '/api/guest',
    {},
    { code: link.code, language: 'en', consent: true, name: 'Anna' },
  );
  const cookie = { cookie: cookieOf(begun) };
  const { staff } = (await begun.json()) as { staff: { id: string; photo: string | null }[] };
  expect(staff).toMatchObject([{ id: me!.member.id }]);
  const seen = await send('GET', staff[0]!.photo!, cookie);
  expect(Buffer.from(await seen.arrayBuffer()).equals(photo)).toBe(true);
  expect((await send('GET', staff[0]!.photo!, {})).status).toBe(401);
  const foreign = `/api/guest/photo/${mei!.member.id}/${hashOf(other)}`;
  expect((await send('GET', foreign, cookie)).status).toBe(404);
  // A guest reads nothing of the directory's files by the other way.
  expect((await send('GET', `/api/blob?${at(other)}&as=guest`, cookie)).status).toBe(403);
  expect((await upload(mei!, picture(8, 'x'), directory())).status).toBe(200);
  const asGuest = `/api/upload?${at(photo)}&size=1&at=0&as=guest`;
  expect((await send('PATCH', asGuest, cookie, Buffer.from('x'))).status).toBe(403);
});
