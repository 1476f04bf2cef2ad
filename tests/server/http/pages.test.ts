import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readStaticFiles } from '../../../server/http/static-files.ts';
import { bearer, codeOf, makeApp, type TestApp } from './test-app.ts';

const script = 'document.documentElement.dataset.theme = "dark";';
const html = `<!doctype html><script>${script}</script><script type="module" src="/assets/app-1a2b.js"></script>`;
const guestHtml = '<!doctype html><script type="module" src="/c/assets/guest-4d.js"></script>';
const program = `export const words = ${JSON.stringify('weft '.repeat(500))};`;

let t: TestApp;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-client-'));
  mkdirSync(join(folder, 'assets'));
  mkdirSync(join(folder, 'c', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'c', 'guest.html'), guestHtml);
  writeFileSync(join(folder, 'c', 'assets', 'guest-4d.js'), program);
  mkdirSync(join(folder, '.vite'));
  writeFileSync(join(folder, 'index.html'), html);
  writeFileSync(join(folder, 'sw.js'), 'self.skipWaiting();');
  writeFileSync(join(folder, 'assets', 'app-1a2b.js'), program);
  writeFileSync(join(folder, 'assets', 'other-3c.js'), program);
  writeFileSync(join(folder, 'assets', 'other-3c.js.br'), brotliCompressSync(program));
  writeFileSync(join(folder, '.vite', 'manifest.json'), '{}');
  const files = readStaticFiles(folder);
  if (!files) throw new Error('the test client was not found');
  t = await makeApp({ files });
});
afterEach(async () => {
  await t.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the built client', () => {
  test('answers every address of a page with index.html, not to be kept', async () => {
    for (const path of ['/', '/index.html', '/docs/abc', '/join/some-code', '/setup']) {
      const answer = await t.send('GET', path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, html]);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
    }
    expect((await t.send('GET', '/sw.js')).headers.get('cache-control')).toBe('no-cache');
  });

  test('answers every contact link with the guest’s page, whose files are its own', async () => {
    for (const path of ['/c/abcdefghijklmnop', '/c/', '/c/guest.html']) {
      const answer = await t.send('GET', path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, guestHtml]);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
    }
    const asset = await t.send('GET', '/c/assets/guest-4d.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await t.send('GET', '/c/assets/gone-5e.js')).status).toBe(404);
  });

  test('keeps hashed files for ever, packed where that is accepted', async () => {
    const plain = await t.send('GET', '/assets/app-1a2b.js');
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(program);
    const packed = await t.send('GET', '/assets/app-1a2b.js', undefined, { 'accept-encoding': 'br, gzip' });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(await packed.bytes()).toString()).toBe(program);
    const built = await t.send('GET', '/assets/other-3c.js', undefined, { 'accept-encoding': 'gzip, br' });
    expect(built.headers.get('content-encoding')).toBe('br');
    const etag = built.headers.get('etag') ?? '';
    const again = await t.send('GET', '/assets/other-3c.js', undefined, {
      'accept-encoding': 'br',
      'if-none-match': etag,
    });
    expect(again.status).toBe(304);
  });

  test('has nothing else: no gone files, build records, packed twins or ways out of the folder', async () => {
    for (const path of [
      '/assets/gone-9z.js',
      '/.vite/manifest.json',
      '/assets/other-3c.js.br',
      '/..%2f..%2fetc/passwd.txt',
      '/assets/..%5c..%5cpackage.json',
    ]) {
      const answer = await t.send('GET', path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await codeOf(answer)).toBe('not-found');
    }
    expect((await t.send('POST', '/docs/abc', {})).status).toBe(404);
  });
});

describe('headers', () => {
  test('of every answer keep the page to our own files', async () => {
    for (const path of [
      '/',
      '/api/workspace',
      '/api/nothing',
      '/api/session',
      '/healthz',
      '/assets/app-1a2b.js',
    ]) {
      const { headers } = await t.send('GET', path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("object-src 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("connect-src 'self' ws://weft.test wss://weft.test");
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('allow the script inside index.html by its hash, and no injected host', async () => {
    const { headers } = await t.send('GET', '/', undefined, { host: "x; script-src 'unsafe-inline'" });
    expect(headers.get('content-security-policy')).toMatch(/script-src 'self' 'sha256-[\w+/]{43}=';/);
    expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/);
  });
});

describe("the operator's pages", () => {
  test('health says 200, or 503 and the reason', async () => {
    expect(await (await t.send('GET', '/healthz')).json()).toEqual({ ok: true });
    t.relay.broken = new Error('disk full');
    const sick = await t.send('GET', '/healthz');
    expect([sick.status, await sick.json()]).toEqual([503, { ok: false, reason: 'disk full' }]);
  });

  test('metrics count requests by route, without secrets of addresses', async () => {
    await t.send('GET', '/api/join/secret-code');
    const answer = await t.send('GET', '/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    const text = await answer.text();
    expect(text).toMatch(
      /weft_http_requests_total\{method="GET",route="\/api\/join\/:code",status="404"\} 1/,
    );
    expect(text).not.toContain('secret-code');
  });

  test('the API describes every route, and the page of it has no scripts', async () => {
    const { paths } = (await (await t.send('GET', '/api/openapi.json')).json()) as { paths: object };
    expect(Object.keys(paths).sort()).toEqual([
      '/api/attribution',
      '/api/blob',
      '/api/blob/copy',
      '/api/blob/state',
      '/api/broadcast-recipients',
      '/api/broadcasts/{id}',
      '/api/broadcasts/{id}/customers',
      '/api/card',
      '/api/commands',
      '/api/contact/{code}',
      '/api/contact/{code}/photo/{photo}',
      '/api/customers/archive',
      '/api/customers/archive/{id}',
      '/api/customers/archive/{id}/files/{hash}',
      '/api/customers/behind',
      '/api/customers/broadcasts',
      '/api/customers/broadcasts/behind',
      '/api/customers/figures',
      '/api/customers/talks',
      '/api/customers/{id}/files/{hash}',
      '/api/customers/{id}/look',
      '/api/group-link',
      '/api/guest',
      '/api/guest/complain',
      '/api/guest/introduce',
      '/api/guest/photo/{member}/{photo}',
      '/api/guest/quiet',
      '/api/handover/{member}',
      '/api/invitations',
      '/api/invitations/personal',
      '/api/invitations/{id}',
      '/api/join-requests/{id}',
      '/api/join/{code}',
      '/api/log',
      '/api/logo/{name}',
      '/api/password',
      '/api/people',
      '/api/room-at',
      '/api/rooms',
      '/api/session',
      '/api/sessions',
      '/api/sessions/{id}',
      '/api/setup',
      '/api/sign-in',
      '/api/sign-out',
      '/api/sign-out-everywhere',
      '/api/text',
      '/api/upload',
      '/api/versions',
      '/api/word-hits',
      '/api/workspace',
      '/healthz',
      '/metrics',
    ]);
    const page = await (await t.send('GET', '/api/docs')).text();
    expect(page).toContain('/api/sign-in');
    expect(page).not.toContain('<script');
  });
});

describe('errors', () => {
  test('nobody expected are told as internal, without a stack, and logged', async () => {
    const { token } = await t.setUp();
    t.relay.directory = () => {
      throw new Error('a bug with details');
    };
    const answer = await t.send('GET', '/api/session', undefined, bearer(token));
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(JSON.parse(text)).toEqual({
      error: { code: 'internal', message: 'the relay failed; its log says why' },
    });
    expect(t.logged.some(({ message }) => message === 'request failed')).toBe(true);
  });

  test('of unknown routes and methods are 404 in the same shape', async () => {
    for (const [method, path] of [
      ['GET', '/api/nothing'],
      ['PUT', '/api/sign-in'],
      ['POST', '/api/../api/x'],
    ] as const) {
      const answer = await t.send(method, path);
      expect([method, path, answer.status, await codeOf(answer)]).toEqual([method, path, 404, 'not-found']);
    }
  });
});
