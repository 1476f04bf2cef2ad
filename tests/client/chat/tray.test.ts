import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DraftFile, DraftStore } from '../../../client/data/storage/contract.ts';
import { Tray } from '../../../client/features/chat/attachments/tray.svelte.ts';
import type { RoomId } from '../../../shared/base/ids.ts';

const room = 'w/chat/a' as RoomId;
let stored: DraftFile[];
let full: boolean;
let waiting: (() => void)[];

const store: Pick<DraftStore, 'files' | 'addFile' | 'removeFiles'> = {
  files: () => Promise.resolve([...stored]),
  addFile: async (_room, file) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    if (full) throw new Error('the disk is full');
    stored.push(file);
  },
  removeFiles: (ids) => {
    stored = stored.filter(({ id }) => !ids.includes(id));
    return Promise.resolve();
  },
};
const tray = () => new Tray({ store, place: room });
const file = (name: string): File => new File([name], name, { type: 'application/zip' });
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
/** Until the device has answered everything that it was asked. */
async function settle(): Promise<void> {
  await turn();
  while (waiting.length > 0) {
    waiting.shift()?.();
    await turn();
  }
}
const names = (of: Tray) => of.items.map(({ name }) => name);

beforeEach(() => {
  stored = [];
  full = false;
  waiting = [];
});
afterEach(settle);

test('what was added is there again for the next page, in its order, and then it asks nobody before it goes', async () => {
  const first = tray();
  first.add([file('one.zip'), file('two.zip')]);
  first.add([file('three.zip')]);
  expect(first.isAtRisk).toBe(true);
  await settle();
  expect(first.isAtRisk).toBe(false);
  first.remove(first.items[1]!);
  await settle();
  const next = tray();
  next.add([file('new.zip')]);
  await next.load();
  expect(names(next)).toEqual(['one.zip', 'three.zip', 'new.zip']);
});

test('what was sent before the device had kept it does not come back', async () => {
  const first = tray();
  first.add([file('one.zip'), file('two.zip')]);
  await turn();
  first.done(first.take());
  await settle();
  expect(stored).toEqual([]);
});

test('what could not be sent is kept still', async () => {
  const first = tray();
  first.add([file('one.zip')]);
  const taken = first.take();
  await settle();
  first.giveBack(taken);
  expect(first.isAtRisk).toBe(false);
  expect(stored.map(({ name }) => name)).toEqual(['one.zip']);
});

test('where the device is full the page goes on having it, and would lose it', async () => {
  full = true;
  const first = tray();
  first.add([file('one.zip')]);
  await settle();
  expect([names(first), first.isAtRisk]).toEqual([['one.zip'], true]);
});
