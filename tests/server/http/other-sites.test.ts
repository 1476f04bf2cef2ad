import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawDevice } from '../../support/raw-device.ts';
import { signIn, type SignedIn } from '../../support/sign-in.ts';
import { startFromSource, type SourceRelay } from '../../support/source-relay.ts';
import { codeOf, makeApp, owner, ownPage, type TestApp } from './test-app.ts';

interface Route {
  readonly method: string;
  readonly path: string;
}
async function routesOf(t: TestApp): Promise<Route[]> {
  const { paths } = (await (await t.send('GET', '/api/openapi.json')).json()) as {
    paths: Record<string, object>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace('{code}', 'x').replace('{id}', 'x'),
    })),
  );
}
const foreign: readonly Record<string, string>[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'http://weft.test.evil.example' },
  { origin: 'http://weft.test:81' },
  { origin: 'http://user@weft.test' },
  { origin: 'file://' },
  { origin: '' },
  { 'sec-fetch-site': 'cross-site' },
  { origin: 'http://weft.test', 'sec-fetch-site': 'same-site' },
];

describe('pages of other sites', () => {
  test('change nothing by any route, with the cookie or before there is one', async () => {
    const t = await makeApp();
    const me = await t.setUp();
    const changing = (await routesOf(t)).filter(({ method }) => method !== 'GET');
    expect(changing.length).toBeGreaterThan(9);
    for (const { method, path } of changing)
      for (const headers of foreign) {
        const cookie = `weft_session=${me.token}`;
        const answer = await t.send(method, path, {}, { cookie, ...headers });
        expect([method, path, headers, answer.status, await codeOf(answer)]).toEqual([
          method,
          path,
          headers,
          403,
          'wrong-origin',
        ]);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      }
    // And what a browser sends with the cookie but without a word of where from.
    for (const { method, path } of changing)
      expect((await t.send(method, path, {}, { cookie: `weft_session=${me.token}` })).status).toBe(403);
    // A preflight is not answered with a permission.
    const preflight = await t.send('OPTIONS', '/api/sign-out', undefined, {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    await t.close();
  });

  test('are also those of the own name that came without TLS, where the person is behind it', async () => {
    const t = await makeApp({ trustedProxies: 1 });
    const { token } = await t.setUp();
    const out = (origin: string) =>
      t.send('POST', '/api/sign-out', undefined, {
        cookie: `__Host-weft_session=${token}`,
        'x-forwarded-proto': 'https',
        origin,
      });
    expect((await out('http://weft.test')).status).toBe(403);
    expect((await out('https://weft.test')).status).toBe(204);
    await t.close();
  });

  test('and forms of any page send nothing that is read as JSON', async () => {
    const t = await makeApp();
    const me = await t.setUp();
    const before = t.authStore.invitations();
    const bodies = [
      ['text/plain', JSON.stringify({ role: 'owner', maxUses: null, expiresInDays: 7 })],
      ['application/x-www-form-urlencoded', 'role=owner&maxUses=1&expiresInDays=7'],
      [
        'multipart/form-data; boundary=x',
        '--x\r\nContent-Disposition: form-data; name="role"\r\n\r\nowner\r\n--x--',
      ],
    ] as const;
    for (const [type, text] of bodies)
      for (const path of [
        '/api/invitations',
        '/api/password',
        '/api/commands',
        '/api/sign-in',
        '/api/setup',
      ]) {
        const answer = await t.app.request(path, {
          method: 'POST',
          headers: { ...ownPage, cookie: `weft_session=${me.token}`, 'content-type': type },
          body: text,
        });
        expect([type, path, answer.status, await codeOf(answer)]).toEqual([type, path, 400, 'bad-request']);
      }
    expect(t.authStore.invitations()).toEqual(before);
    await t.close();
  });

  test('get nothing that changes when they are asked for', async () => {
    const t = await makeApp();
    const me = await t.setUp();
    const before = JSON.stringify([t.relay.directory(), t.authStore.invitations()]);
    for (const { path } of await routesOf(t))
      await t.send('GET', path, undefined, {
        cookie: `weft_session=${me.token}`,
        origin: 'https://evil.example',
      });
    expect(JSON.stringify([t.relay.directory(), t.authStore.invitations()])).toBe(before);
    expect(t.authStore.sessionsOf(me.member.id as never)).toHaveLength(1);
    await t.close();
  });
});

describe('every answer', () => {
  test('carries the headers of a careful site, whatever the route, the method and the outcome', async () => {
    const t = await makeApp({ publicUrl: 'https://weft.example.com' });
    const { token } = await t.setUp();
    const addresses = [
      ...(await routesOf(t)),
      { method: 'GET', path: '/' },
      { method: 'PATCH', path: '/api/x' },
    ];
    for (const { method, path } of addresses)
      for (const authorization of ['', `Bearer ${token}`]) {
        const answer = await t.send(method, path, method === 'GET' ? undefined : { x: 1 }, { authorization });
        const told = `${method} ${path} ${answer.status}`;
        const policy = answer.headers.get('content-security-policy') ?? '';
        for (const part of [
          "default-src 'none'",
          "object-src 'none'",
          "base-uri 'none'",
          "form-action 'self'",
        ])
          expect(policy, told).toContain(part);
        expect(policy, told).toContain("frame-ancestors 'none'");
        expect(policy, told).not.toMatch(/script-src[^;]*(unsafe|\*|http|data:)/);
        const headers = Object.fromEntries(
          [
            'x-content-type-options',
            'referrer-policy',
            'x-frame-options',
            'cross-origin-opener-policy',
            'cross-origin-resource-policy',
            'strict-transport-security',
          ].map((name) => [name, answer.headers.get(name)]),
        );
        expect(headers, told).toEqual({
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'x-frame-options': 'DENY',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
          'strict-transport-security': 'max-age=31536000; includeSubDomains',
        });
        if (path.startsWith('/api/')) expect(answer.headers.get('cache-control'), told).toBe('no-store');
        const cookie = answer.headers.get('set-cookie');
        if (cookie !== null)
          expect(cookie).toMatch(/^__Host-weft_session=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
      }
    await t.close();
  });

  test('over TLS knows the cookie by its protected name alone', async () => {
    const t = await makeApp({ publicUrl: 'https://weft.example.com' });
    const { token } = await t.setUp();
    const status = async (cookie: string) =>
      (await t.send('GET', '/api/session', undefined, { cookie })).status;
    expect(await status(`__Host-weft_session=${token}`)).toBe(200);
    // Any neighbour on the same site, or anybody between, could have set this one.
    expect(await status(`weft_session=${token}`)).toBe(401);
    const answer = await t.signIn(owner.email, owner.password, { origin: 'https://weft.example.com' });
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-weft_session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    await t.close();
  });
});

describe('a socket at the door', { timeout: 40_000 }, () => {
  let relay: SourceRelay;
  let me: SignedIn;
  beforeAll(async () => {
    relay = await startFromSource({
      WEFT_PUBLIC_URL: 'https://weft.example.com',
      WEFT_MAX_STRANGERS_PER_NETWORK: '5',
    });
    me = await signIn(relay.address);
  }, 60_000);
  afterAll(() => relay.stop());

  /** The status of the upgrade. */
  const knock = async (path: string, headers: Record<string, string>): Promise<number> => {
    const socket = new WebSocket(relay.address.replace('http', 'ws') + path, { headers });
    socket.on('error', () => {});
    const status = await Promise.race([
      once(socket, 'open').then(() => 101),
      new Promise<number>((resolve) =>
        socket.on('unexpected-response', (request, response) => {
          resolve(response.statusCode ?? 0);
          request.destroy();
        }),
      ),
    ]);
    socket.terminate();
    return status;
  };

  test('is let in by the cookie for pages of the own address alone, and by its protected name', async () => {
    const origin = 'https://weft.example.com';
    const path = `/sync/${me.workspace.id}/scratch/pad`;
    const host = { cookie: `__Host-weft_session=${me.token}` };
    expect(await knock(path, { ...host, origin })).toBe(101);
    for (const other of [
      'https://evil.example',
      'null',
      'http://weft.example.com',
      `${origin}.evil.example`,
      '',
    ])
      for (const address of [path, '/sync'])
        expect([other, address, await knock(address, { ...host, origin: other })]).toEqual([
          other,
          address,
          403,
        ]);
    for (const address of [path, '/sync']) expect(await knock(address, host)).toBe(403);
    expect(await knock(path, { cookie: `weft_session=${me.token}`, origin })).toBe(401);
    // A program that holds the token itself needs no address.
    expect(await knock(path, { authorization: `Bearer ${me.token}` })).toBe(101);
  });

  test('is counted for its own network, whatever it writes into a header', async () => {
    const held: WebSocket[] = [];
    const enter = async (n: number): Promise<boolean> => {
      const socket = new WebSocket(`${relay.address.replace('http', 'ws')}/sync`, {
        headers: { 'x-forwarded-for': `10.0.0.${n}` },
      });
      socket.on('error', () => {});
      held.push(socket);
      return Promise.race([
        once(socket, 'open').then(() => true),
        new Promise<boolean>((resolve) => socket.on('unexpected-response', () => resolve(false))),
      ]);
    };
    const entered: boolean[] = [];
    for (let n = 0; n < 7; n++) entered.push(await enter(n));
    expect(entered).toEqual([true, true, true, true, true, false, false]);
    // People who are known are not kept out by those who are not.
    const device = new RawDevice();
    await device.connect(relay.address, me.token);
    device.close();
    for (const socket of held) socket.terminate();
  });
});
