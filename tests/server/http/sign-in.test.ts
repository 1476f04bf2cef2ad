import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultSessionLimits } from '../../../server/auth/sessions.ts';
import {
  bearer,
  codeOf,
  cookieOf,
  makeApp,
  owner,
  ownPage,
  type SignedIn,
  type TestApp,
} from './test-app.ts';

let t: TestApp;
let me: SignedIn;
beforeEach(async () => {
  t = await makeApp();
  me = await t.setUp();
});
afterEach(() => t.close());

const signedIn = async (answer: Response): Promise<SignedIn> => (await answer.json()) as SignedIn;

describe('signing in', () => {
  test('gives the same token as an answer and as a cookie', async () => {
    const answer = await t.signIn('  LIN@Example.com ', owner.password);
    expect(answer.status).toBe(200);
    const { token, member, workspace } = await signedIn(answer);
    expect(member).toEqual({ id: me.member.id, name: 'Lin Wei', email: 'lin@example.com', role: 'owner' });
    expect(workspace).toEqual({ id: 'w1', name: 'Example Ltd' });
    expect(cookieOf(answer)).toBe(`weft_session=${token}`);
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly/);
    expect(answer.headers.get('set-cookie')).toMatch(/SameSite=Lax/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    for (const headers of [bearer(token), { cookie: `weft_session=${token}` }]) {
      const session = await t.send('GET', '/api/session', undefined, headers as Record<string, string>);
      expect(((await session.json()) as SignedIn).member.id).toBe(me.member.id);
    }
  });

  test('says the same for a wrong password, an unknown address and nonsense', async () => {
    const answers = await Promise.all([
      t.signIn(owner.email, 'not the password'),
      t.signIn('nobody@example.com', 'not the password'),
      t.signIn('not an address', 'not the password'),
    ]);
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401]);
    expect(new Set(bodies).size).toBe(1);
  });

  test('stores argon2id of the password and only a hash of the token', async () => {
    expect(t.authStore.accountByEmail(owner.email)?.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const stored = JSON.stringify(t.database.prepare('SELECT hex(token), * FROM sessions').all());
    expect(stored).not.toContain(me.token);
    expect(stored).not.toContain(Buffer.from(me.token).toString('hex').toUpperCase());
  });

  test('a malformed body is a 400 with a code, never a 500', async () => {
    for (const body of ['', '{', 'null', '[]', '{"email":1}', '{"email":{"__proto__":1},"password":"x"}']) {
      const answer = await t.app.request('/api/sign-in', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect([body, answer.status]).toEqual([body, 400]);
      expect(await codeOf(answer)).toBe('bad-request');
    }
    const form = await t.app.request('/api/sign-in', {
      method: 'POST',
      body: 'email=a&password=b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(form.status).toBe(400);
    const big = await t.signIn(owner.email, 'x'.repeat(100_000));
    expect([big.status, await codeOf(big)]).toEqual([413, 'too-large']);
  });

  test('nothing secret reaches the log', async () => {
    await t.signIn(owner.email, 'a wrong password');
    const { token } = await signedIn(await t.signIn(owner.email, owner.password));
    const log = JSON.stringify(t.logged);
    for (const secret of [token, owner.password, 'a wrong password', owner.email])
      expect(log).not.toContain(secret);
  });
});

describe('throttling', () => {
  test('an account waits after ten failures, from any network, and the answer says how long', async () => {
    const guesses = await Promise.all(
      Array.from({ length: 30 }, (_, n) => t.signIn(owner.email, `guess ${n}`)),
    );
    const statuses = guesses.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
    const late = await t.signIn(owner.email, owner.password);
    expect(late.status).toBe(429);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    const { error } = (await late.json()) as { error: { code: string; details: { retryAfter: number } } };
    expect(error.code).toBe('too-many-requests');
    expect(error.details.retryAfter).toBeGreaterThan(0);
  });

  test('people who know their password are not counted', async () => {
    for (let n = 0; n < 15; n++) expect((await t.signIn(owner.email, owner.password)).status).toBe(200);
  });

  test('a whole office may sign in and join at once from one address', async () => {
    const code = await t.invite(me);
    const joined = await Promise.all(Array.from({ length: 80 }, (_, n) => t.join(code, `person${n}`)));
    expect(new Set(joined.map((answer) => answer.status))).toEqual(new Set([200]));
    const back = await Promise.all(
      Array.from({ length: 80 }, (_, n) => t.signIn(`person${n}@example.com`, `person${n} has a secret`)),
    );
    expect(new Set(back.map((answer) => answer.status))).toEqual(new Set([200]));
  });

  test('a network is counted by its /64, whatever the client writes into the header', async () => {
    await t.close();
    t = await makeApp({ trustedProxies: 1, throttle: { perAccount: 100, perNetwork: 3, seconds: 600 } });
    await t.setUp();
    const from = (header: string, n: number) =>
      t.signIn(`person${n}@example.com`, 'some guess', { 'x-forwarded-for': header });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await from(`10.9.9.${n}, 2001:db8:1:2::${n}`, n)).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect((await from('2001:db8:1:3::1', 9)).status).toBe(401);
  });

  test('guesses at invitation codes are counted', async () => {
    await t.close();
    t = await makeApp({ throttle: { perAccount: 100, perNetwork: 3, seconds: 600 } });
    const code = await t.invite(await t.setUp());
    for (let n = 0; n < 5; n++) expect((await t.send('GET', `/api/join/${code}`)).status).toBe(200);
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await t.send('GET', `/api/join/guess${n}`)).status);
    expect(statuses).toEqual([404, 404, 404, 429]);
  });
});

describe('sessions', () => {
  test('are listed per device, and one can be ended at once, sockets included', async () => {
    const device = { id: 'phone1', name: 'Phone' };
    const phone = await signedIn(
      await t.send('POST', '/api/sign-in', { email: owner.email, password: owner.password, device }),
    );
    const list = (await (await t.send('GET', '/api/sessions', undefined, bearer(me.token))).json()) as {
      id: string;
      device: { id: string; name: string };
      current: boolean;
    }[];
    expect(list).toHaveLength(2);
    expect(list.find((session) => session.current)?.id).toBe(me.session.id);
    expect(list.find((session) => session.id === phone.session.id)?.device).toEqual(device);

    const ended = await t.send('DELETE', `/api/sessions/${phone.session.id}`, undefined, bearer(me.token));
    expect(ended.status).toBe(204);
    expect(t.relay.endedSessions).toContain(phone.session.id);
    const after = await t.send('GET', '/api/session', undefined, bearer(phone.token));
    expect([after.status, await codeOf(after)]).toEqual([401, 'session-ended']);
  });

  test('of somebody else cannot be ended', async () => {
    const code = await t.invite(me);
    const other = await signedIn(await t.join(code, 'mei'));
    const answer = await t.send('DELETE', `/api/sessions/${me.session.id}`, undefined, bearer(other.token));
    expect([answer.status, await codeOf(answer)]).toEqual([404, 'not-found']);
    expect((await t.send('GET', '/api/session', undefined, bearer(me.token))).status).toBe(200);
  });

  test('end by signing out, everywhere, by idleness and by leaving the workspace', async () => {
    const again = async () => signedIn(await t.signIn(owner.email, owner.password));
    const status = async (who: SignedIn) =>
      (await t.send('GET', '/api/session', undefined, bearer(who.token))).status;

    const one = await again();
    const out = await t.send('POST', '/api/sign-out', undefined, bearer(one.token));
    expect(out.headers.get('set-cookie')).toMatch(/weft_session=;.*Max-Age=0/);
    expect([await status(one), await status(me)]).toEqual([401, 200]);

    const two = await again();
    expect((await t.send('POST', '/api/sign-out-everywhere', undefined, bearer(two.token))).status).toBe(204);
    expect([await status(two), await status(me)]).toEqual([401, 401]);
    expect(t.relay.endedMembers).toContain(me.member.id);

    const three = await again();
    t.pass(defaultSessionLimits.idle - 1);
    expect(await status(three)).toBe(200);
    t.pass(defaultSessionLimits.idle);
    expect(await status(three)).toBe(401);

    // Used every other week, and over all the same.
    const old = await again();
    const weeks = defaultSessionLimits.longest / (14 * 24 * 3_600_000);
    for (let n = 1; n < weeks; n++) {
      t.pass(14 * 24 * 3_600_000);
      if (n < weeks - 1) expect(await status(old)).toBe(200);
    }
    t.pass(14 * 24 * 3_600_000);
    expect(await status(old)).toBe(401);
    t.auth.sessions.tidy();
    expect(t.authStore.sessionsOf(me.member.id as never)).toEqual([]);

    const four = await again();
    t.relay.remove(me.member.id as never);
    expect(await status(four)).toBe(401);
    expect((await t.signIn(owner.email, owner.password)).status).toBe(401);
  });

  test('a device is told what becomes of its copy: the session is over, the member is gone, or the relay is another', async () => {
    const details = async (token: string): Promise<unknown> => {
      const answer = await t.send('GET', '/api/session', undefined, bearer(token));
      expect(answer.status).toBe(401);
      return ((await answer.json()) as { error: { details: unknown } }).error.details;
    };
    const other = await signedIn(await t.signIn(owner.email, owner.password));
    expect((await t.send('POST', '/api/sign-out', undefined, bearer(other.token))).status).toBe(204);
    expect(await details(other.token)).toEqual({ epoch: t.relay.epoch, removed: 0 });
    expect(await details('never made')).toEqual({ epoch: t.relay.epoch, removed: 0 });
    t.relay.remove(me.member.id as never);
    expect(await details(me.token)).toEqual({ epoch: t.relay.epoch, removed: 1 });
  });

  test('a device has one session, and nobody signs in as the device of somebody else', async () => {
    const on = (email: string, password: string, id: string) =>
      t.send('POST', '/api/sign-in', { email, password, device: { id } });
    const first = await signedIn(await on(owner.email, owner.password, 'laptop'));
    const second = await signedIn(await on(owner.email, owner.password, 'laptop'));
    expect(second.session.device).toBe('laptop');
    expect((await t.send('GET', '/api/session', undefined, bearer(first.token))).status).toBe(401);
    await t.join(await t.invite(me), 'mei');
    const thief = await signedIn(await on('mei@example.com', 'mei has a secret', 'laptop'));
    expect(thief.session.device).not.toBe('laptop');
  });

  test('a password is not changed by a session that ends before it is', async () => {
    const thief = await signedIn(await t.signIn(owner.email, owner.password));
    const next = 'what only the thief knows';
    const changing = t.send('POST', '/api/password', { current: owner.password, next }, bearer(thief.token));
    // The body was read with the session still there; the hashes take longer than this.
    await new Promise(setImmediate);
    t.auth.sessions.end(me.member.id as never, thief.session.id);
    expect(await codeOf(await changing)).toBe('session-ended');
    expect((await t.signIn(owner.email, owner.password)).status).toBe(200);
  });

  test('changing the password asks for the old one and ends all other sessions', async () => {
    const other = await signedIn(await t.signIn(owner.email, owner.password));
    const change = (current: string, next: string) =>
      t.send('POST', '/api/password', { current, next }, bearer(me.token));
    expect(await codeOf(await change('wrong one', 'another long secret'))).toBe('wrong-password');
    expect(await codeOf(await change(owner.password, 'password123'))).toBe('bad-request');
    expect((await change(owner.password, 'another long secret')).status).toBe(204);
    expect((await t.send('GET', '/api/session', undefined, bearer(other.token))).status).toBe(401);
    expect((await t.send('GET', '/api/session', undefined, bearer(me.token))).status).toBe(200);
    expect((await t.signIn(owner.email, owner.password)).status).toBe(401);
    expect((await t.signIn(owner.email, 'another long secret')).status).toBe(200);
  });
});

describe('requests of other sites', () => {
  test('are refused when the cookie would carry them', async () => {
    const cookie = `weft_session=${me.token}`;
    const out = (headers: Record<string, string>) =>
      t.send('POST', '/api/sign-out', undefined, { cookie, ...headers });
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://weft.test.evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { ...ownPage, 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await out(headers as Record<string, string>);
      expect([headers, answer.status, await codeOf(answer)]).toEqual([headers, 403, 'wrong-origin']);
    }
    expect((await out(ownPage)).status).toBe(204);
  });

  test('cannot sign a person in', async () => {
    const answer = await t.signIn(owner.email, owner.password, { origin: 'https://evil.example' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  test('are told by the configured address alone, where there is one', async () => {
    await t.close();
    t = await makeApp({ publicUrl: 'https://weft.example.com' });
    me = await t.setUp();
    expect((await t.signIn(owner.email, owner.password, ownPage)).status).toBe(403);
    const answer = await t.signIn(owner.email, owner.password, { origin: 'https://weft.example.com' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-weft_session=.*Path=\/; .*Secure/);
    expect(answer.headers.get('strict-transport-security')).toMatch(/max-age=31536000/);
  });
});
