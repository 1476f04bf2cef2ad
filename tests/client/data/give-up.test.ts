import { afterEach, expect, test } from 'vitest';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
afterEach(() => world.end());

const pageOn = (on: WorldDevice): LocalWorkspace =>
  new LocalWorkspace({
    ...on.page(),
    workspace: world.store.workspace,
    me: on.member,
    device: on.device,
    role: 'member',
    startLeader: () => ({ stop: () => undefined }),
    onEnded: () => undefined,
    clearCaches: () => Promise.resolve(),
  });

test('a file whose sending is stopped is awaited by nobody, however late it is said', async () => {
  world = await makeWorld(41);
  const [ann, bo] = [await world.member('ann'), await world.member('bo')];
  const [device, other] = [world.device(ann), world.device(bo)];
  await world.settle();
  const [hers, his] = [pageOn(device), pageOn(other)];
  await world.settle();
  const room = world.room('chat', 'g');
  await hers.send(room, 'chat.create', { type: 'group', title: 'g', members: [bo] });
  await world.settle();
  device.goOffline();
  const file = new Blob(['not to be sent'], { type: 'text/plain' });
  const hash = await hers.files.put(room, file, { name: 'a.txt' });
  const files = [{ hash, name: 'a.txt', size: file.size, type: 'text/plain' }];
  await hers.send(room, 'chat.send', { text: 'see', files });
  await hers.send(room, 'chat.send', { text: 'another' });
  await world.quiet();
  await hers.discard(hers.files.waiting(room, hash)!.id);
  device.goOnline();
  await world.settle();
  const view = his.openLog(room);
  await world.settle();
  const messages = view.entries.filter(({ type }) => type === 'chat.send');
  expect(messages.map(({ marks }) => marks?.givenUp)).toEqual([[hash], undefined]);
});
