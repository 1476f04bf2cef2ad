import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RoomId } from '../../../shared/base/ids.ts';
import { downloadBlob, hashOf, uploadBlob, type UploadWatch } from '../../../client/data/blobs.ts';
import type { BlobRecord } from '../../../client/data/storage/contract.ts';
import { bearer, makeApp, type SignedIn, type TestApp } from '../../server/http/test-app.ts';

/** The page's requests go to the real routes, without a network between them. */
let relay: TestApp;
let me: SignedIn;
let asked: string[] = [];
/** Looked at before each request: throwing is a lost network. */
let onTheWay: (method: string) => void = () => undefined;
beforeEach(async () => {
  relay = await makeApp();
  me = await relay.setUp();
  asked = [];
  onTheWay = () => undefined;
  vi.stubGlobal('fetch', async (address: string, init: RequestInit = {}) => {
    const method = init.method ?? 'GET';
    asked.push(method);
    onTheWay(method);
    return relay.app.request(address, { ...init, headers: { ...init.headers, ...bearer(me.token) } });
  });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await relay.close();
});

const room = 'w1/chat/team' as RoomId;
const record = async (bytes: Blob, more: Partial<BlobRecord> = {}): Promise<BlobRecord> => ({
  room,
  hash: await hashOf(bytes),
  type: '',
  name: 'file',
  size: bytes.size,
  bytes,
  at: 1,
  pending: true,
  failure: null,
  ...more,
});
const always: UploadWatch = { sent: () => undefined, wanted: async () => 'now' };
const large = (): Blob => new Blob([new Uint8Array(1_000_000).map((_, i) => i * i)]);
const read = async (hash: string, where = room): Promise<Blob | null> => {
  const found = await downloadBlob(where, hash);
  return found.ok ? found.value : null;
};

test('a file goes in parts, tells how far it is, and comes back as it was', async () => {
  const file = await record(large());
  const told: number[] = [];
  expect(await uploadBlob(file, { ...always, sent: (bytes) => told.push(bytes) })).toEqual({
    ok: true,
    value: true,
  });
  expect(told.length).toBeGreaterThan(2);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(1_000_000);
  const came: number[] = [];
  const back = await downloadBlob(room, file.hash, (bytes) => came.push(bytes));
  expect(back.ok && (await hashOf(back.value))).toBe(file.hash);
  expect(came.at(-1)).toBe(1_000_000);
});

test('an upload that was broken off goes on where the relay is, also from a new page', async () => {
  const file = await record(large());
  let parts = 0;
  onTheWay = () => {
    if (++parts === 4) throw new TypeError('no network');
  };
  expect(await uploadBlob(file, always)).toMatchObject({ ok: false, error: { code: 'offline' } });
  const told: number[] = [];
  expect((await uploadBlob(file, { ...always, sent: (bytes) => told.push(bytes) })).ok).toBe(true);
  // The new page asks where to go on; nothing is sent twice.
  expect(told[0]).toBeGreaterThan(300_000);
  expect((await read(file.hash))?.size).toBe(1_000_000);
});

test('a file that the relay holds wrong bytes of is sent again from the beginning, once', async () => {
  const file = await record(large());
  const query = `room=${encodeURIComponent(room)}&hash=${file.hash}&size=${file.size}&at=0`;
  await fetch(`/api/upload?${query}`, { method: 'PATCH', body: 'what a broken disk left' });
  expect((await uploadBlob(file, always)).ok).toBe(true);
  expect((await read(file.hash))?.size).toBe(1_000_000);
  expect(await uploadBlob(await record(new Blob(['x']), { hash: 'a'.repeat(64) }), always)).toMatchObject({
    ok: false,
    error: { code: 'bad-request' },
  });
});

test('a file that is taken back is forgotten by the relay; one that lost its network is not', async () => {
  const file = await record(large());
  let parts = 0;
  const state = async (): Promise<unknown> =>
    (await fetch(`/api/upload?room=${encodeURIComponent(room)}&hash=${file.hash}`)).json();
  const until = (answer: 'later' | 'never'): UploadWatch => ({
    ...always,
    wanted: async () => (++parts > 2 ? answer : 'now'),
  });
  expect(await uploadBlob(file, until('later'))).toMatchObject({ ok: false, error: { code: 'offline' } });
  expect(await state()).toMatchObject({ received: 128 * 1024 * 3 });
  parts = 1;
  expect((await uploadBlob(file, until('never'))).ok).toBe(true);
  expect(await state()).toEqual({ received: 0, stored: false });
  expect(await read(file.hash)).toBeNull();
});

test('a file of a conversation one reads is copied there, not sent; else its bytes are', async () => {
  const file = await record(large());
  await uploadBlob(file, always);
  const other = 'w1/chat/other' as RoomId;
  asked = [];
  expect((await uploadBlob({ ...file, room: other, from: room, bytes: null }, always)).ok).toBe(true);
  expect(asked).toEqual(['POST']);
  expect((await read(file.hash, other))?.size).toBe(1_000_000);
  const nowhere = { ...(await record(new Blob(['only here']))), from: other };
  expect((await uploadBlob(nowhere, always)).ok).toBe(true);
  expect(await uploadBlob({ ...nowhere, hash: 'b'.repeat(64), bytes: null }, always)).toMatchObject({
    ok: false,
    error: { code: 'not-found' },
  });
});

test('the hash of a large file is that of all of it, read in pieces or at once', async () => {
  const piece = new Uint8Array(1024 * 1024).fill(5);
  const file = new Blob(Array.from({ length: 17 }, () => piece));
  const whole = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  expect(await hashOf(file)).toBe(Buffer.from(whole).toString('hex'));
});
