import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRandom } from '../../../server/seed/random.ts';
import { bearer, makeApp, type SignedIn, type TestApp } from './test-app.ts';

let t: TestApp;
let me: SignedIn;
beforeEach(async () => {
  t = await makeApp({ throttle: { perAccount: 100_000, perNetwork: 100_000, seconds: 600 } });
  me = await t.setUp();
});
afterEach(() => t.close());

const seed = Number(process.env['WEFT_SEED'] ?? Date.now() % 1_000_000_000);
const nested = '['.repeat(20_000) + ']'.repeat(20_000);
const odd = [
  '',
  '0',
  '-1',
  '1e999',
  'null',
  '%',
  '%00',
  '%E0%A4%A',
  '..',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'a'.repeat(5_000),
  '你好',
  '\u202etxt',
  "' OR 1=1 --",
  '<script>',
  'w1/scratch/x',
  'w1/directory/main',
  'w1/chat/a:reads',
];
const values: unknown[] = [null, true, -1, 1.5, 1e300, '', [], {}, [[]], { id: {} }, ...odd];

test('no input makes the API answer with a 5xx or with anything but its own errors', async () => {
  const random = createRandom(seed);
  const { paths } = (await (await t.send('GET', '/api/openapi.json')).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  );
  // These two would end the session that the test itself uses.
  const harmless = routes.filter(({ path }) => !/sign-out|password/.test(path));
  const fields =
    'token workspace name email password device role maxUses expiresInDays commands id n room type data'.split(
      ' ',
    );
  const body = (): string => {
    if (random.chance(0.1)) return random.pick(['', '{', nested, '{"__proto__":{"x":1}}', 'null', '"x"']);
    const chosen = random.some(fields, random.between(0, 8)).map((name) => [name, random.pick(values)]);
    const whole = Object.fromEntries(chosen) as Record<string, unknown>;
    if (random.chance(0.3)) whole['commands'] = [Object.fromEntries(chosen), random.pick(values)];
    return JSON.stringify(whole);
  };
  for (let round = 0; round < 500; round++) {
    const { path, method } = random.pick(harmless);
    const query = random
      .some(['room', 'hash', 'kind', 'from', 'limit'], random.between(0, 4))
      .map((name) => `${name}=${random.chance(0.8) ? encodeURIComponent(random.pick(odd)) : '%E0%A4'}`);
    const address = `${path.replace(/\{\w+\}/, encodeURIComponent(random.pick(odd)) || 'x')}?${query.join('&')}`;
    const sent = method === 'GET' || method === 'DELETE' ? undefined : body();
    const answer = await t.app.request(address, {
      method,
      headers: {
        host: 'weft.test',
        ...(random.chance(0.8) ? bearer(me.token) : {}),
        ...(random.chance(0.9) ? { 'content-type': 'application/json' } : {}),
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const told = `seed ${seed}, round ${round}: ${method} ${address.slice(0, 200)} ${sent?.slice(0, 200) ?? ''}`;
    expect(answer.status, told).toBeLessThan(500);
    if (answer.status >= 400) {
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      expect(typeof error.code, told).toBe('string');
    }
  }
}, 60_000);
