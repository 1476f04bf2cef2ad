import { afterEach, beforeEach, expect, test } from 'vitest';
import { failure } from '../../../shared/base/errors.ts';
import { err, ok } from '../../../shared/base/result.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import { keepPicture } from '../../../client/data/pictures.ts';
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
  const hash = await keepPicture(storage.blobs, room, new Blob([content], { type: 'image/png' }), 1);
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
