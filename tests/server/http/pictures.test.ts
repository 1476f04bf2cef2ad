import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../../shared/protocol/limits.ts';
import { bearer, codeOf, makeApp, type SignedIn, type TestApp } from './test-app.ts';

let t: TestApp;
let me: SignedIn;
beforeEach(async () => {
  t = await makeApp();
  me = await t.setUp();
});
afterEach(() => t.close());

const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(200, 7)]);
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const room = 'w1/scratch/plan';
const address = (hash: string, where = room): string =>
  `/api/blob?room=${encodeURIComponent(where)}&hash=${hash}`;
const put = (bytes: Uint8Array<ArrayBuffer>, hash = hashOf(bytes), where = room, who = me) =>
  Promise.resolve(
    t.app.request(address(hash, where), { method: 'PUT', body: bytes, headers: bearer(who.token) }),
  );
const get = (hash: string, where = room, who = me) =>
  t.send('GET', address(hash, where), undefined, bearer(who.token));
const incoming = (): string[] => readdirSync(join(t.folder, 'blobs', 'incoming'));

describe('pictures', () => {
  test('come back as they were, typed by their bytes and fit for no page', async () => {
    expect((await put(png)).status).toBe(204);
    expect((await put(png)).status).toBe(204);
    const answer = await get(hashOf(png));
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(png)).toBe(true);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    expect(existsSync(join(t.folder, 'blobs', hashOf(png).slice(0, 2), hashOf(png)))).toBe(true);
    expect(incoming()).toEqual([]);
  });

  test('of every kind that browsers show are taken', async () => {
    const heads = ['\xff\xd8\xff\xe0', 'GIF89a', 'RIFF\0\0\0\0WEBP', '\0\0\0\x1cftypavif'];
    for (const head of heads) {
      const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(40)]);
      expect([head, (await put(bytes)).status]).toEqual([head, 204]);
    }
  });

  test('that are none are refused, whatever they are called', async () => {
    for (const text of [
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      '<html><script>',
      '',
      'PNG',
      '%PDF-1.7',
    ]) {
      const answer = await put(Buffer.from(text));
      expect([text, answer.status, await codeOf(answer)]).toEqual([text, 415, 'not-a-picture']);
    }
    expect(incoming()).toEqual([]);
  });

  test('with a wrong or malformed hash are refused and leave nothing', async () => {
    const wrong = 'a'.repeat(64);
    expect(await codeOf(await put(png, wrong))).toBe('bad-request');
    expect((await get(wrong)).status).toBe(404);
    for (const hash of ['../../x', 'A'.repeat(64), 'ab', ''])
      expect((await put(png, encodeURIComponent(hash))).status).toBe(400);
    expect(incoming()).toEqual([]);
  });

  test('that are too large are refused, declared or streamed', async () => {
    const declared = await t.app.request(address('a'.repeat(64)), {
      method: 'PUT',
      body: png,
      headers: { ...bearer(me.token), 'content-length': '10000000000' },
    });
    expect([declared.status, await codeOf(declared)]).toEqual([413, 'too-large']);
    const streamed = await put(Buffer.concat([png, Buffer.alloc(limits.blob)]));
    expect([streamed.status, await codeOf(streamed)]).toEqual([413, 'too-large']);
    expect(incoming()).toEqual([]);
  });

  test('belong to their room and need its rights', async () => {
    const mei = (await (await t.join(await t.invite(me), 'mei')).json()) as SignedIn;
    const hidden = 'w1/scratch/admin';
    expect((await put(png, hashOf(png), hidden)).status).toBe(204);
    expect((await get(hashOf(png), hidden)).status).toBe(200);
    expect((await get(hashOf(png), hidden, mei)).status).toBe(403);
    expect((await put(png, hashOf(png), hidden, mei)).status).toBe(403);
    expect((await get(hashOf(png))).status).toBe(404);
    for (const where of ['w2/scratch/plan', '../x', 'w1/nothing/x', 'w1/scratch/a\0'])
      expect([where, (await get(hashOf(png), where)).status]).toEqual([where, 404]);
    expect((await t.send('GET', address(hashOf(png)))).status).toBe(401);
  });
});
