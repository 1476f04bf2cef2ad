import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createFolderBlobs } from '../../../server/blobs/folder.ts';
import { createSqliteBlobIndex } from '../../../server/blobs/sqlite-blob-index.ts';
import { defaultBounds, type Bounds } from '../../../server/bounds.ts';
import { emptyBatch } from '../../../server/storage/contract.ts';
import { createSqliteStore } from '../../../server/storage/sqlite/store.ts';
import type { DeviceId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { allow } from '../../../shared/access/actor.ts';
import { bearer, codeOf, makeApp, type SignedIn, type TestApp } from './test-app.ts';

let t: TestApp;
let me: SignedIn;
afterEach(() => t.close());

const begin = async (bounds: Partial<Bounds> = {}): Promise<void> => {
  t = await makeApp({ bounds });
  me = await t.setUp();
};
const newcomer = async (name: string): Promise<SignedIn> =>
  (await (await t.join(await t.invite(me), name)).json()) as SignedIn;

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const text = (content: string): Buffer<ArrayBuffer> => Buffer.from(content);
const team = 'w1/chat/team';
const where = (hash: string, room: string): string => `room=${encodeURIComponent(room)}&hash=${hash}`;

interface Sent {
  readonly hash?: string;
  readonly size?: number;
  readonly at?: number;
  readonly room?: string;
  readonly who?: SignedIn;
}
const send = (bytes: Uint8Array<ArrayBuffer>, sent: Sent = {}): Promise<Response> => {
  const { hash = hashOf(bytes), size = bytes.length, at = 0, room = team, who = me } = sent;
  return Promise.resolve(
    t.app.request(`/api/upload?${where(hash, room)}&size=${size}&at=${at}`, {
      method: 'PATCH',
      body: bytes,
      headers: bearer(who.token),
    }),
  );
};
const get = (hash: string, room = team, who = me, more = '', headers: Record<string, string> = {}) =>
  t.send('GET', `/api/blob?${where(hash, room)}${more}`, undefined, { ...bearer(who.token), ...headers });
const progress = async (hash: string, room = team, who = me): Promise<unknown> =>
  (await t.send('GET', `/api/upload?${where(hash, room)}`, undefined, bearer(who.token))).json();
const state = async (hash: string): Promise<unknown> =>
  (await t.send('GET', `/api/blob/state?${where(hash, team)}`, undefined, bearer(me.token))).json();
const parts = (): string[] => readdirSync(join(t.folder, 'blobs', 'parts'));
const errorOf = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { error: { code: string; details?: object } }).error;

describe('files of a conversation', () => {
  test('come in parts, each where the last one ended', async () => {
    await begin();
    const file = text('a file in three parts');
    const [hash, size] = [hashOf(file), file.length];
    expect(await (await send(file.subarray(0, 7), { hash, size })).json()).toEqual({
      received: 7,
      stored: false,
    });
    expect(await (await send(file.subarray(7, 9), { hash, size, at: 7 })).json()).toMatchObject({
      received: 9,
    });
    expect(await errorOf(await send(file.subarray(7), { hash, size, at: 7 }))).toMatchObject({
      code: 'out-of-order',
      details: { received: 9 },
    });
    expect(await errorOf(await get(hash))).toMatchObject({ code: 'not-found', details: { received: 9 } });
    expect(await progress(hash)).toEqual({ received: 9, stored: false });
    expect(await state(hash)).toEqual({ stored: false, removed: false, received: 9 });
    expect(await (await send(file.subarray(9), { hash, size, at: 9 })).json()).toEqual({
      received: size,
      stored: true,
    });
    expect(await progress(hash)).toEqual({ received: size, stored: true });
    expect(await state(hash)).toEqual({ stored: true, removed: false, received: null });
    expect(await (await get(hash)).text()).toBe('a file in three parts');
    expect(parts()).toEqual([]);
  });

  test('are served so that nothing in them runs: by their first bytes, whatever they are called', async () => {
    await begin();
    const harmful = {
      html: '<!doctype html><script>alert(1)</script>',
      svg: '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
      script: 'fetch("/api/session")',
      pdf: '%PDF-1.7',
      polyglot: 'GIF8<script>alert(1)</script>',
    };
    for (const [name, content] of Object.entries(harmful)) {
      const file = text(content);
      expect((await send(file)).status).toBe(200);
      for (const more of ['', '&name=x.html', '&name=x.png']) {
        const answer = await get(hashOf(file), team, me, more);
        expect([name, answer.headers.get('content-type')]).toEqual([name, 'application/octet-stream']);
        expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename\*=UTF-8''/);
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
      }
    }
  });

  test('that browsers show or play are shown, and saved under a name that cannot break out of its header', async () => {
    await begin();
    const heads = {
      'image/png': '\x89PNG\r\n\x1a\n',
      'video/mp4': '\0\0\0\x20ftypisom',
      'audio/mp4': '\0\0\0\x20ftypM4A ',
      'video/webm': '\x1aE\xdf\xa3',
      'audio/ogg': 'OggS',
      'audio/wav': 'RIFF\0\0\0\0WAVE',
      'audio/mpeg': 'ID3',
    };
    for (const [type, head] of Object.entries(heads)) {
      const file = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(40)]);
      await send(file);
      const shown = await get(hashOf(file));
      expect([shown.headers.get('content-type'), shown.headers.get('content-disposition')]).toEqual([
        type,
        'inline',
      ]);
      const saved = await get(hashOf(file), team, me, `&name=${encodeURIComponent('报告"\r\n(1).png')}`);
      expect(saved.headers.get('content-disposition')).toBe(
        "attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A%22%0D%0A%281%29.png",
      );
    }
  });

  test('are given by ranges, as players ask for them', async () => {
    await begin();
    const file = text('0123456789');
    await send(file);
    const ask = async (range: string) => {
      const answer = await get(hashOf(file), team, me, '', { range });
      return [answer.status, answer.headers.get('content-range'), await answer.text()];
    };
    expect(await ask('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await ask('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await ask('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await ask('bytes=8-99')).toEqual([206, 'bytes 8-9/10', '89']);
    for (const nonsense of ['bytes=9-2', 'bytes=10-', 'bytes=-', 'bytes=0-1,3-4', 'lines=1-2'])
      expect(await ask(nonsense)).toEqual([200, null, '0123456789']);
  });

  test('belong to the conversation they were sent to, and to no other that only knows their hash', async () => {
    await begin();
    const mei = await newcomer('mei');
    const secret = 'w1/chat/admin';
    const file = text('for administrators');
    const hash = hashOf(file);
    expect((await send(file, { room: secret })).status).toBe(200);
    expect((await get(hash, secret, mei)).status).toBe(403);
    expect((await get(hash, team, mei)).status).toBe(404);
    // She knows hash and size, and nothing else.
    expect(await progress(hash, team, mei)).toEqual({ received: 0, stored: false });
    expect((await send(text(''), { hash, size: file.length, who: mei })).status).toBe(200);
    expect(
      await codeOf(await send(text('?'), { hash, size: file.length, at: file.length - 1, who: mei })),
    ).toBe('out-of-order');
    expect((await get(hash, team, mei)).status).toBe(404);
    const copy = (from: string, room: string, who: SignedIn) =>
      t.send('POST', '/api/blob/copy', { from, room, hash }, bearer(who.token));
    expect((await copy(secret, team, mei)).status).toBe(403);
    expect((await copy('w1/chat/other', team, mei)).status).toBe(404);
    expect((await send(file, { room: secret, who: mei })).status).toBe(403);
    expect((await copy(secret, team, me)).status).toBe(204);
    expect(await (await get(hash, team, mei)).text()).toBe('for administrators');
  });

  test('are not finished by what somebody else has begun', async () => {
    await begin();
    const mei = await newcomer('mei');
    const file = text('begun by one, known by hash to another');
    const [hash, size] = [hashOf(file), file.length];
    await send(file.subarray(0, size - 1), { hash, size });
    const rest = file.subarray(size - 1);
    expect(await errorOf(await send(rest, { hash, size, at: size - 1, who: mei }))).toMatchObject({
      code: 'out-of-order',
      details: { received: 0 },
    });
    expect(await (await send(rest, { hash, size, at: size - 1 })).json()).toMatchObject({ stored: true });
  });

  test('whose bytes are not those of the hash are begun again', async () => {
    await begin();
    const file = text('the right ones');
    const [hash, size] = [hashOf(file), file.length];
    expect(await codeOf(await send(text('the wrong ones'), { hash, size }))).toBe('bad-request');
    expect(parts()).toEqual([]);
    expect(await codeOf(await send(text('the right ones and more'), { hash, size }))).toBe('bad-request');
    expect((await get(hash)).status).toBe(404);
    await t.send('DELETE', `/api/upload?${where(hash, team)}`, undefined, bearer(me.token));
    expect(await (await send(file)).json()).toMatchObject({ stored: true });
  });

  test('are taken from where they were after a restart, and not where only part of them came', async () => {
    await begin();
    const file = text('half of it before, half of it after');
    const [hash, size] = [hashOf(file), file.length];
    await send(file.subarray(0, 10), { hash, size });
    // As a relay that starts on the same folder.
    const again = await createFolderBlobs({
      folder: join(t.folder, 'blobs'),
      index: createSqliteBlobIndex(t.database),
      clock: { now: () => 1 },
      bounds: defaultBounds,
    });
    const upload = { room: team as RoomId, hash, by: me.member.id as MemberId };
    expect(again.progress(upload)).toEqual({ received: 10, stored: false });
    const rest = new Blob([file.subarray(10)]).stream();
    expect(
      await again.receive({ ...upload, takes: 'files', size, at: 10, bytes: rest, mayStill: () => allow }),
    ).toEqual({ ok: true, value: { received: size, stored: true } });
  });

  test('go on with the newest request: one that hangs does not hold up the others', async () => {
    await begin();
    const file = text('some of it hangs in a tunnel');
    const [hash, size] = [hashOf(file), file.length];
    let fed = (): void => undefined;
    const isFed = new Promise<void>((resolve) => (fed = resolve));
    const hanging = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(file.subarray(0, 5)),
      pull: () => {
        fed();
        return new Promise(() => undefined);
      },
    });
    const first = t.app.request(`/api/upload?${where(hash, team)}&size=${size}&at=0`, {
      method: 'PATCH',
      body: hanging,
      headers: bearer(me.token),
      duplex: 'half',
    } as RequestInit);
    await isFed;
    const clash = await errorOf(await send(file, { hash, size }));
    expect(clash).toMatchObject({ code: 'out-of-order', details: { received: 5 } });
    expect(await (await first).json()).toEqual({ received: 5, stored: false });
    expect(await (await send(file.subarray(5), { hash, size, at: 5 })).json()).toMatchObject({
      stored: true,
    });
  });

  test('sent twice at once are there once', async () => {
    await begin();
    const file = text('the same in two tabs');
    const answers = await Promise.all([send(file), send(file), send(file)]);
    for (const answer of answers) expect([200, 409]).toContain(answer.status);
    expect(await progress(hashOf(file))).toMatchObject({ stored: true });
    expect(existsSync(join(t.folder, 'blobs', hashOf(file).slice(0, 2), hashOf(file)))).toBe(true);
    expect(parts()).toEqual([]);
  });

  test('are pictures where they belong to a text', async () => {
    await begin();
    const file = text('not a picture');
    expect(await codeOf(await send(file, { room: 'w1/scratch/plan' }))).toBe('not-a-picture');
    expect(parts()).toEqual([]);
  });
});

describe('bounds of files', () => {
  test('refuse what is too large before any of it is taken', async () => {
    await begin({ file: 100 });
    expect(await errorOf(await send(text('x'), { hash: 'a'.repeat(64), size: 101 }))).toMatchObject({
      code: 'too-large',
      details: { limit: 100 },
    });
    expect(parts()).toEqual([]);
  });

  test('keep each member within a share, what is not finished included', async () => {
    await begin({ memberFiles: 100 });
    const mei = await newcomer('mei');
    const [a, b] = [text('a'.repeat(60)), text('b'.repeat(60))];
    await send(a.subarray(0, 50), { hash: hashOf(a), size: 60 });
    expect(await errorOf(await send(b))).toMatchObject({ code: 'quota-reached', details: { limit: 100 } });
    expect((await send(b, { who: mei })).status).toBe(200);
    await t.send('DELETE', `/api/upload?${where(hashOf(a), team)}`, undefined, bearer(me.token));
    expect((await send(b, { room: 'w1/chat/two' })).status).toBe(200);
    // The same bytes in another conversation are no more bytes.
    const copied = { from: 'w1/chat/two', room: 'w1/chat/three', hash: hashOf(b) };
    expect((await t.send('POST', '/api/blob/copy', copied, bearer(me.token))).status).toBe(204);
    expect(await codeOf(await send(a))).toBe('quota-reached');
  });

  test('keep all files together within what the administrator gave', async () => {
    await begin({ files: 100 });
    const mei = await newcomer('mei');
    expect((await send(text('a'.repeat(60)))).status).toBe(200);
    expect(await codeOf(await send(text('b'.repeat(60)), { who: mei }))).toBe('quota-reached');
    // Whether the relay has these bytes already is nothing that a hash may tell.
    expect(await codeOf(await send(text('a'.repeat(60)), { room: 'w1/chat/two', who: mei }))).toBe(
      'quota-reached',
    );
  });

  test('let nobody begin uploads without end', async () => {
    await begin({ memberUploads: 2 });
    const start = (n: number) => send(text('x'), { hash: String(n).repeat(64), size: 10 });
    expect([(await start(1)).status, (await start(2)).status]).toEqual([200, 200]);
    expect(await codeOf(await start(3))).toBe('too-many-requests');
  });
});

describe('files of a message that was recalled', () => {
  test('are nobody’s at once, unless another message has them too, and leave the disk soon', async () => {
    await begin();
    const [mine, shared] = [text('only here'), text('here and there')];
    const [one, two] = [hashOf(mine), hashOf(shared)];
    await send(mine);
    await send(shared);
    const store = createSqliteStore(t.database);
    const row = {
      room: team as RoomId,
      by: me.member.id as MemberId,
      device: 'd' as DeviceId,
      at: 1,
      bytes: text('x'),
    };
    store.commit({
      ...emptyBatch,
      rows: [
        { ...row, names: [one, two] },
        { ...row, names: [two] },
      ],
    });
    const rows = [{ seq: 0, bytes: text('y'), files: [one, two] }];
    const erasure = { room: row.room, rows, id: 'id', without: (kept: unknown) => kept };
    store.commit({ ...emptyBatch, erasures: [erasure] });
    expect(await codeOf(await get(one))).toBe('not-found');
    expect(await state(one)).toEqual({ stored: false, removed: false, received: null });
    const copy = { from: team, room: 'w1/chat/two', hash: one };
    expect(await codeOf(await t.send('POST', '/api/blob/copy', copy, bearer(me.token)))).toBe('not-found');
    expect((await get(two)).status).toBe(200);

    const shelf = join(t.folder, 'blobs', one.slice(0, 2), one);
    expect(existsSync(shelf)).toBe(true);
    await t.blobs.tend(0);
    expect(existsSync(shelf)).toBe(false);
    expect((await get(two)).status).toBe(200);
    // Whoever still has it may send it anew.
    expect((await send(mine)).status).toBe(200);
    expect(await (await get(one)).text()).toBe('only here');
  });

  test('are kept when somebody sends them anew before they went', async () => {
    await begin({ memberFiles: 20 });
    const mine = text('0123456789');
    await send(mine);
    t.database.prepare('UPDATE blobs SET unnamed = 1').run();
    expect((await send(mine)).status).toBe(200);
    await t.blobs.tend(0);
    expect(await (await get(hashOf(mine))).text()).toBe('0123456789');
    expect((await send(text('abcdefghij'))).status).toBe(200);
    expect(await codeOf(await send(text('x')))).toBe('quota-reached');
  });
});

describe('the age of files', () => {
  const day = 86_400_000;
  const open = () =>
    createFolderBlobs({
      folder: join(t.folder, 'blobs'),
      index: createSqliteBlobIndex(t.database),
      clock: { now: () => Date.UTC(2026, 0, 5, 9) + 30 * day },
      bounds: defaultBounds,
    });

  test('ends them where the administrator says so, and says that it did', async () => {
    await begin();
    const old = text('old');
    const picture = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');
    const shelf = join(t.folder, 'blobs', hashOf(old).slice(0, 2), hashOf(old));
    await send(old);
    await send(picture, { room: 'w1/scratch/plan' });
    await (await open()).tend(0);
    expect((await get(hashOf(old))).status).toBe(200);
    await (await open()).tend(20);
    expect(await codeOf(await get(hashOf(old)))).toBe('not-kept');
    expect(await state(hashOf(old))).toEqual({ stored: false, removed: true, received: null });
    expect(existsSync(shelf)).toBe(false);
    expect((await get(hashOf(picture), 'w1/scratch/plan')).status).toBe(200);
    expect((await send(old)).status).toBe(200);
    expect(await (await get(hashOf(old))).text()).toBe('old');
  });

  test('forgets uploads that nobody goes on with', async () => {
    await begin();
    await send(text('x'), { hash: 'a'.repeat(64), size: 10 });
    const later = await createFolderBlobs({
      folder: join(t.folder, 'blobs'),
      index: createSqliteBlobIndex(t.database),
      clock: { now: () => Date.now() + 8 * day },
      bounds: defaultBounds,
    });
    await later.tend(0);
    expect(parts()).toEqual([]);
  });
});
