import { afterEach, beforeEach, expect, test } from 'vitest';
import { failure } from '../../../shared/base/errors.ts';
import { err, ok } from '../../../shared/base/result.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import { hashOf } from '../../../client/data/blobs.ts';
import { nothingUnsent, queueOf } from '../../../client/data/reactive/queue.ts';
import { keepBlob } from '../../../client/data/pictures.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let device: WorldDevice;
let room: RoomId;

beforeEach(async () => {
  world = await makeWorld(41);
  device = world.device(await world.member('ann'));
  room = world.room('doc', 'd');
  await world.settle();
});
afterEach(() => world.end());

async function keep(content: string): Promise<string> {
  const { storage, bus } = device.page();
  const hash = await keepBlob(storage.blobs, room, new Blob([content], { type: 'image/png' }), 1);
  bus.post({ type: 'wake' });
  return hash;
}

test('a picture kept while another is being uploaded is uploaded too', async () => {
  const uploaded: string[] = [];
  device.upload = async (blob) => {
    if (uploaded.length === 0) await device.storage.blobs.put({ ...blob, hash: 'second' });
    device.page().bus.post({ type: 'wake' });
    uploaded.push(blob.hash);
    return ok(true);
  };
  const first = await keep('first');
  await world.settle();
  expect(uploaded).toEqual([first, 'second']);
  expect(await device.storage.blobs.queue()).toEqual([]);
  expect(await device.storage.blobs.get(room, first)).toMatchObject({ type: 'image/png', pending: false });
});

test('a picture that cannot be taken now is offered again by itself; one that is refused stays with its reason', async () => {
  let tries = 0;
  device.upload = () => {
    tries += 1;
    return Promise.resolve(
      tries === 1 ? err(failure('room-not-found', 'not yet')) : err(failure('not-a-picture', 'no')),
    );
  };
  const hash = await keep('text');
  await world.settle(1_000);
  expect(tries).toBe(1);
  expect(await device.storage.blobs.queue()).toMatchObject([{ hash, failure: null }]);
  await world.settle(15_000);
  expect(tries).toBe(2);
  expect(await device.storage.blobs.queue()).toMatchObject([{ hash, failure: { code: 'not-a-picture' } }]);
  await world.settle(60_000);
  expect(tries).toBe(2);
});

test('the list of what waits is read without the pictures themselves', async () => {
  device.goOffline();
  await keep('large');
  const [waiting] = await device.storage.blobs.queue();
  expect(waiting).not.toHaveProperty('bytes');
});

test('several are sent at a time, and one that takes long does not hold up those that come later', async () => {
  const uploaded: string[] = [];
  let finish = (): void => undefined;
  const long = new Promise<void>((resolve) => (finish = resolve));
  let film = '';
  device.upload = async (blob) => {
    if (blob.hash === film) await long;
    uploaded.push(blob.hash);
    return ok(true);
  };
  film = await hashOf(new Blob(['film']));
  await keep('film');
  await world.settle();
  const picture = await keep('picture');
  await world.settle();
  expect(uploaded).toEqual([picture]);
  finish();
  await world.settle();
  expect(uploaded).toEqual([picture, film]);
});

test('who takes a file back ends its upload, and whoever loses the network goes on later', async () => {
  const heard: string[] = [];
  device.upload = async (_blob, watch) => {
    heard.push(await watch.wanted());
    await device.storage.blobs.remove(room, hash);
    heard.push(await watch.wanted());
    return ok(true);
  };
  const hash = await keep('regretted');
  await world.settle();
  expect(heard).toEqual(['now', 'never']);
  expect(await device.storage.blobs.queue()).toEqual([]);

  device.upload = async (_blob, watch) => {
    device.goOffline();
    await world.settle();
    heard.push(await watch.wanted());
    return err(failure('offline', 'gone'));
  };
  const other = await keep('interrupted');
  await world.settle();
  expect(heard).toEqual(['now', 'never', 'later']);
  expect(await device.storage.blobs.queue()).toMatchObject([{ hash: other, failure: null }]);
});

test('what the relay has is kept within bounds, the oldest goes first, and what waits stays', async () => {
  const { blobs } = device.storage;
  const put = (hash: string, at: number, pending: boolean) =>
    blobs.put({
      room,
      hash,
      type: '',
      name: '',
      size: 10,
      bytes: new Blob(['0123456789']),
      at,
      pending,
      failure: null,
    });
  await put('waits', 1, true);
  await put('oldest', 2, false);
  await put('old', 3, false);
  await put('new', 4, false);
  await blobs.trim(20);
  const there = async (hash: string): Promise<boolean> => (await blobs.get(room, hash)) !== null;
  expect([await there('waits'), await there('oldest'), await there('old'), await there('new')]).toEqual([
    true,
    false,
    true,
    true,
  ]);
});

test('a picture and its smaller copy wait as one thing', async () => {
  device.goOffline();
  const { blobs } = device.storage;
  const picture = await keep('large');
  await keepBlob(blobs, room, new Blob(['small']), 2, { smallOf: picture, name: 'boat.png' });
  await keepBlob(blobs, room, new Blob(['its picture is sent']), 3, { smallOf: 'f'.repeat(64) });
  const queue = queueOf({ ...nothingUnsent, blobs: await blobs.queue() });
  expect(queue.map(({ id }) => id.split(':')[1])).toEqual([
    picture,
    await hashOf(new Blob(['its picture is sent'])),
  ]);
});
