import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import { bearer, codeOf, makeApp, type SignedIn, type TestApp } from './test-app.ts';

let t: TestApp;
let me: SignedIn;
beforeEach(async () => {
  t = await makeApp();
  me = await t.setUp();
});
afterEach(() => t.close());

const members = (): DirectoryState['members'] => t.relay.directory().members;
const named = (name: string) => Object.values(members()).filter((member) => member.name === name);
const asked = (): { id: string; email: string; member: string | null }[] =>
  t.database.prepare('SELECT id, email, member FROM join_requests').all() as never;
const decide = (id: string, approve: boolean, as: SignedIn = me): Promise<Response> =>
  t.send('POST', `/api/join-requests/${id}`, { approve }, bearer(as.token));
const personal = (ids: readonly string[], as: SignedIn = me): Promise<Response> =>
  t.send('POST', '/api/invitations/personal', { members: ids, expiresInDays: 7 }, bearer(as.token));
const linkFor = async (id: string): Promise<string> => {
  const { links } = (await (await personal([id])).json()) as { links: { code: string }[] };
  return links[0]!.code;
};
const joinAs = (code: string, name: string, email: string): Promise<Response> =>
  t.send('POST', `/api/join/${code}`, { name, email, password: `${name} has a secret` });
/** Somebody whom an import put into the directory. */
const expected = (id: string, email = `${id}@example.com`): void => {
  const by = me.member.id as MemberId;
  const people = [{ id, name: id, email, post: 'Cook' }];
  const part = { import: 'i', part: 0, departments: [], people };
  t.relay.say('directory.import', by, part);
  t.relay.say('directory.importApply', by, { import: 'i', parts: 1, people: 1 });
};

describe('an invitation that wants approval', () => {
  test('lets nobody in before somebody says so', async () => {
    const code = await t.invite(me, { approve: true });
    const answer = await t.join(code, 'mei');
    expect([answer.status, await answer.json()]).toEqual([202, { waiting: true }]);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(named('mei')).toEqual([]);
    expect(await codeOf(await t.signIn('mei@example.com', 'mei has a secret'))).toBe('join-waiting');
    expect(await codeOf(await t.signIn('mei@example.com', 'a guess'))).toBe('wrong-password');
    expect(await codeOf(await t.join(code, 'mei'))).toBe('join-waiting');
    expect((await decide(asked()[0]!.id, true)).status).toBe(204);
    expect((await t.signIn('mei@example.com', 'mei has a secret')).status).toBe(200);
    expect([named('mei').length, asked()]).toEqual([1, []]);
  });

  test('is refused for good, and the address may ask again', async () => {
    const code = await t.invite(me, { approve: true });
    await t.join(code, 'mei');
    const [request] = asked();
    expect((await decide(request!.id, false)).status).toBe(204);
    expect(await codeOf(await t.signIn('mei@example.com', 'mei has a secret'))).toBe('wrong-password');
    expect(await codeOf(await decide(request!.id, true))).toBe('not-found');
    expect((await t.join(code, 'mei')).status).toBe(202);
  });

  test('is decided once, by whoever may invite', async () => {
    const code = await t.invite(me, { approve: true });
    await t.join(code, 'mei');
    const kim = (await (await t.join(await t.invite(me), 'kim')).json()) as SignedIn;
    const { id } = asked()[0]!;
    expect(await codeOf(await decide(id, true, kim))).toBe('forbidden');
    const answers = await Promise.all([decide(id, true), decide(id, true), decide(id, false)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404]);
    expect(named('mei')).toHaveLength(1);
  });

  test('into a role is decided by whoever may give the role', async () => {
    const code = await t.invite(me, { approve: true, role: 'admin' });
    await t.join(code, 'mei');
    const eve = (await (await t.join(await t.invite(me, { role: 'admin' }), 'eve')).json()) as SignedIn;
    expect(await codeOf(await decide(asked()[0]!.id, true, eve))).toBe('forbidden');
    expect((await decide(asked()[0]!.id, true)).status).toBe(204);
    expect(named('mei')[0]?.role).toBe('admin');
  });

  test('shows whose place in the directory it would be, and gives it only then', async () => {
    expected('old', 'mei@example.com');
    expect(await codeOf(await t.join(await t.invite(me), 'mei'))).toBe('email-taken');
    await t.join(await t.invite(me, { approve: true }), 'mei');
    expect(asked()).toMatchObject([{ member: 'old' }]);
    await decide(asked()[0]!.id, true);
    expect(members()['old' as MemberId]).toMatchObject({ name: 'mei', post: 'Cook', role: 'member' });
  });

  test('gives no place that was made after somebody asked, and was not shown', async () => {
    await t.join(await t.invite(me, { approve: true }), 'mei');
    expected('new', 'mei@example.com');
    expect(await codeOf(await decide(asked()[0]!.id, true))).toBe('email-taken');
    expect(members()['new' as MemberId]?.joinedAt).toBeNull();
    expect((await decide(asked()[0]!.id, false)).status).toBe(204);
  });

  test('that the disk refuses is asked again', async () => {
    const code = await t.invite(me, { approve: true });
    t.relay.broken = Object.assign(new Error('disk full'), { name: 'StorageError' });
    expect((await t.join(code, 'mei')).status).toBe(503);
    expect(asked()).toEqual([]);
    t.relay.broken = null;
    expect((await t.join(code, 'mei')).status).toBe(202);
  });
});

describe('a link of one’s own', () => {
  test('is for that person and works once', async () => {
    expected('kim');
    const code = await linkFor('kim');
    const look = (await (await t.send('GET', `/api/join/${code}`)).json()) as object;
    expect(look).toMatchObject({ person: { name: 'kim', email: 'kim@example.com' }, approve: false });
    const joined = (await (await joinAs(code, 'Kim', 'other@example.com')).json()) as SignedIn;
    expect(joined.member).toMatchObject({ id: 'kim', name: 'Kim', email: 'other@example.com' });
    expect(members()['kim' as MemberId]).toMatchObject({ post: 'Cook', leftAt: null });
    expect(await codeOf(await joinAs(code, 'Eve', 'eve@example.com'))).toBe('link-expired');
  });

  test('brings somebody back who left, as the same person and with a new password', async () => {
    const mei = (await (await t.join(await t.invite(me, { role: 'admin' }), 'mei')).json()) as SignedIn;
    t.relay.remove(mei.member.id as MemberId);
    expect((await t.signIn('mei@example.com', 'mei has a secret')).status).toBe(401);
    const code = await linkFor(mei.member.id);
    const back = await t.send('POST', `/api/join/${code}`, {
      ...{ name: 'Mei', email: 'mei@example.com', password: 'quite another secret' },
    });
    expect(((await back.json()) as SignedIn).member).toMatchObject({ id: mei.member.id, role: 'member' });
    expect((await t.signIn('mei@example.com', 'mei has a secret')).status).toBe(401);
    expect((await t.signIn('mei@example.com', 'quite another secret')).status).toBe(200);
    // A device of before may be in other hands by now.
    expect((await t.send('GET', '/api/session', undefined, bearer(mei.token))).status).toBe(401);
  });

  test('does not outlive that its person was removed', async () => {
    expected('kim');
    const code = await linkFor('kim');
    t.pass(1);
    t.relay.remove('kim' as MemberId);
    expect(await codeOf(await joinAs(code, 'Kim', 'kim@example.com'))).toBe('link-expired');
  });

  test('is not worth more than who made it, when its person is given a role', async () => {
    expected('kim');
    const eve = (await (await t.join(await t.invite(me, { role: 'admin' }), 'eve')).json()) as SignedIn;
    const made = (await (await personal(['kim'], eve)).json()) as { links: { code: string }[] };
    t.relay.say('member.role', me.member.id as MemberId, { member: 'kim', role: 'owner' });
    expect(await codeOf(await joinAs(made.links[0]!.code, 'Kim', 'kim@example.com'))).toBe('link-expired');
    expect(await codeOf(await personal(['kim'], eve))).toBe('forbidden');
  });

  test('is made for people who can use it, for all of them or none, by administrators', async () => {
    expected('kim');
    expect(await codeOf(await personal(['kim', me.member.id]))).toBe('member-not-found');
    expect(await codeOf(await personal(['kim', 'constructor']))).toBe('member-not-found');
    expect(t.authStore.invitations()).toEqual([]);
    const mei = (await (await t.join(await t.invite(me), 'mei')).json()) as SignedIn;
    expect(await codeOf(await personal(['kim'], mei))).toBe('forbidden');
  });
});

test('an entry that says somebody joined keeps what the directory said of them', () => {
  const entry = (seq: number, type: string, data: unknown) => ({
    ...{ seq, id: `c${seq}` as CommandId, type, by: 'ada' as MemberId, at: seq, data },
  });
  const people = [{ id: 'kim', name: 'Kim', departments: ['d'] }];
  const departments = [{ department: 'd', name: 'D', parent: null, order: 1 }];
  const state = directoryKind.fold(directoryKind.initial, [
    entry(0, 'directory.import', { import: 'i', part: 0, departments, people }),
    entry(1, 'directory.importApply', { import: 'i', parts: 1, people: 1 }),
    entry(2, 'member.join', { member: 'kim', name: 'Kim', email: 'k@x', role: 'member' }),
  ]);
  expect(state.members['kim' as MemberId]).toMatchObject({ departments: ['d'], joinedAt: 2, email: 'k@x' });
});
