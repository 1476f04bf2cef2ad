import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bearer, codeOf, makeApp, owner, type SignedIn, type TestApp } from './test-app.ts';

let t: TestApp;
beforeEach(async () => {
  t = await makeApp();
});
afterEach(() => t.close());

const day = 24 * 3_600_000;
const workspace = async (): Promise<unknown> => (await t.send('GET', '/api/workspace')).json();
const people = (): string[] => Object.values(t.relay.directory().members).map((member) => member.name);

describe('setting up', () => {
  const setUp = (token: string | null, fields: object = {}) =>
    t.send('POST', '/api/setup', { token, workspace: 'Example Ltd', ...owner, ...fields });

  test('works once, by the link in the log', async () => {
    expect(await workspace()).toEqual({ setUp: false, name: null });
    const link = t.auth.setup.link();
    expect(link).toMatch(/^[\w-]{43}$/);
    expect(await codeOf(await setUp('a guess'))).toBe('link-invalid');
    const answer = await setUp(link);
    expect(answer.status).toBe(200);
    const { member, token } = (await answer.json()) as SignedIn;
    expect(member.role).toBe('owner');
    expect((await t.send('GET', '/api/session', undefined, bearer(token))).status).toBe(200);
    expect(await workspace()).toEqual({ setUp: true, name: 'Example Ltd' });
    const again = await setUp(link);
    expect([again.status, await codeOf(again)]).toEqual([409, 'already-set-up']);
    expect(t.auth.setup.link()).toBeNull();
  });

  test('by two people at once makes one owner', async () => {
    const link = t.auth.setup.link();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => setUp(link, { email: `p${n}@example.com` })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array<number>(7).fill(409)]);
    expect(people()).toHaveLength(1);
  });

  test('with something wrong in the form leaves the link usable', async () => {
    const link = t.auth.setup.link();
    for (const fields of [
      { email: 'no address' },
      { password: 'short' },
      { password: '12345678' },
      { password: 'a'.repeat(300) },
      { name: '   ' },
      { workspace: ' ' },
    ]) {
      const answer = await setUp(link, fields);
      expect([fields, answer.status, await codeOf(answer)]).toEqual([fields, 400, 'bad-request']);
    }
    expect(await workspace()).toEqual({ setUp: false, name: null });
    expect((await setUp(link)).status).toBe(200);
  });

  test('that the disk refuses leaves nothing behind', async () => {
    t.relay.broken = Object.assign(new Error('disk full'), { name: 'StorageError' });
    const answer = await setUp(t.auth.setup.link());
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'storage-failed']);
    expect(t.authStore.accountByEmail(owner.email)).toBeNull();
    t.relay.broken = null;
    expect((await setUp(t.auth.setup.link())).status).toBe(200);
  });
});

describe('invitations', () => {
  let me: SignedIn;
  beforeEach(async () => {
    me = await t.setUp();
  });
  const list = async (): Promise<{ id: string; uses: number; revokedAt: number | null }[]> =>
    (await t.send('GET', '/api/invitations', undefined, bearer(me.token))).json() as never;

  test('say who invites, and let people in with the role they name', async () => {
    const code = await t.invite(me, { role: 'admin' });
    expect(code).toMatch(/^[\w-]{22}$/);
    const look = await t.send('GET', `/api/join/${code}`);
    expect(await look.json()).toEqual({
      workspace: { name: 'Example Ltd' },
      invitedBy: 'Lin Wei',
      role: 'admin',
      approve: false,
      person: null,
    });
    const joined = (await (await t.join(code, 'mei')).json()) as SignedIn;
    expect(joined.member).toMatchObject({ name: 'mei', role: 'admin', email: 'mei@example.com' });
    expect((await t.signIn('mei@example.com', 'mei has a secret')).status).toBe(200);
    expect((await list())[0]?.uses).toBe(1);
    expect(JSON.stringify(await list())).not.toContain(code);
  });

  test('of one use let exactly one of twenty in who come at once', async () => {
    const code = await t.invite(me, { maxUses: 1 });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => t.join(code, `person${n}`)));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 410)).toHaveLength(19);
    expect(people()).toHaveLength(2);
    expect(t.database.prepare('SELECT count(*) AS n FROM accounts').get()).toEqual({ n: 2 });
    expect((await list())[0]?.uses).toBe(1);
  });

  test('let one address in once, also when it comes twice at once', async () => {
    const code = await t.invite(me);
    const statuses = (await Promise.all([t.join(code, 'mei'), t.join(code, 'mei')])).map(
      (answer) => answer.status,
    );
    expect(statuses.sort()).toEqual([200, 409]);
    expect(await codeOf(await t.join(code, 'MEI'))).toBe('email-taken');
  });

  test('that the disk refuses count no use', async () => {
    const code = await t.invite(me, { maxUses: 1 });
    t.relay.broken = Object.assign(new Error('disk full'), { name: 'StorageError' });
    expect((await t.join(code, 'mei')).status).toBe(503);
    t.relay.broken = null;
    expect((await t.join(code, 'mei')).status).toBe(200);
  });

  test('end when revoked, when they expire and when the inviter may not invite any more', async () => {
    const revoked = await t.invite(me);
    const [{ id } = { id: '' }] = await list();
    expect((await t.send('DELETE', `/api/invitations/${id}`, undefined, bearer(me.token))).status).toBe(204);
    expect(await codeOf(await t.join(revoked, 'a'))).toBe('link-expired');

    const short = await t.invite(me, { expiresInDays: 1 });
    t.pass(day);
    expect(await codeOf(await t.join(short, 'b'))).toBe('link-expired');
    expect((await t.send('GET', `/api/join/${short}`)).status).toBe(410);

    const admin = (await (await t.join(await t.invite(me, { role: 'admin' }), 'ann')).json()) as SignedIn;
    const hers = await t.invite(admin);
    t.relay.remove(admin.member.id as never);
    expect(await codeOf(await t.join(hers, 'c'))).toBe('link-expired');
    expect(await codeOf(await t.join('nonsense', 'd'))).toBe('link-invalid');
  });

  test('are for administrators, and only an owner invites administrators', async () => {
    const wish = { role: 'member', maxUses: 1, expiresInDays: 1 };
    const mei = (await (await t.join(await t.invite(me), 'mei')).json()) as SignedIn;
    const ann = (await (await t.join(await t.invite(me, { role: 'admin' }), 'ann')).json()) as SignedIn;
    const make = (who: SignedIn, change: object = {}) =>
      t.send('POST', '/api/invitations', { ...wish, ...change }, bearer(who.token));
    expect((await make(mei)).status).toBe(403);
    expect((await t.send('GET', '/api/invitations', undefined, bearer(mei.token))).status).toBe(403);
    expect((await make(ann)).status).toBe(200);
    for (const role of ['admin', 'owner']) expect((await make(ann, { role })).status).toBe(403);
    for (const change of [{ role: 'god' }, { maxUses: 0 }, { expiresInDays: -1 }, { expiresInDays: 1e9 }])
      expect((await make(me, change)).status).toBe(400);
    expect((await t.send('POST', '/api/invitations', wish)).status).toBe(401);
  });

  test('let a person who left come back as a new member with the same address', async () => {
    const first = (await (await t.join(await t.invite(me), 'mei')).json()) as SignedIn;
    t.relay.remove(first.member.id as never);
    const second = (await (await t.join(await t.invite(me), 'mei')).json()) as SignedIn;
    expect(second.member.id).not.toBe(first.member.id);
    expect((await t.signIn('mei@example.com', 'mei has a secret')).status).toBe(200);
  });
});
