import { expect, test } from 'vitest';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { CustomerLine, WorkspaceData } from '../../../client/data/api.ts';
import {
  addHelpers,
  addTags,
  Bulk,
  removeTags,
  setStage,
  undoOf,
  type Change,
} from '../../../client/features/customers/list/bulk.svelte.ts';

const ann = 'ann' as MemberId;
const bo = 'bo' as MemberId;

const line = (n: number, change: Partial<CustomerLine> = {}): CustomerLine =>
  ({
    id: `k${n}`,
    room: `w/customer/k${n}` as RoomId,
    tags: n % 2 === 0 ? ['a'] : [],
    stage: null,
    owner: ann,
    helpers: [],
    ...change,
  }) as unknown as CustomerLine;

/** A queue that takes what it is given, and says of some rooms that this person may not. */
function queue(refused: ReadonlySet<string> = new Set()) {
  const sent: { room: RoomId; type: string; data: unknown }[] = [];
  const portions: number[] = [];
  const data: Pick<WorkspaceData, 'may' | 'sendEach' | 'sync'> = {
    may: (room) => ({ ok: !refused.has(room) }) as ReturnType<WorkspaceData['may']>,
    sendEach: (commands) => {
      portions.push(commands.length);
      sent.push(...commands);
      return Promise.resolve();
    },
    sync: { connection: 'offline', queue: [] } as unknown as WorkspaceData['sync'],
  };
  return { data, sent, portions };
}

test('what many get is put in the queue in portions, and only to those for whom it changes something', async () => {
  const { data, sent, portions } = queue();
  const lines = Array.from({ length: 950 }, (_, n) => line(n));
  const bulk = new Bulk();
  const { changed, refused } = await bulk.run(data, lines, addTags(['a']));
  expect(refused).toBe(0);
  expect(changed).toHaveLength(475);
  expect(sent.map(({ room }) => room)).toEqual(changed.map(({ room }) => room));
  expect(Math.max(...portions)).toBeLessThanOrEqual(100);
  expect([bulk.done, bulk.running]).toEqual([950, false]);
});

test('who may not be changed is counted, and the others are changed', async () => {
  const { data, sent } = queue(new Set(['w/customer/k1']));
  const { changed, refused } = await new Bulk().run(data, [line(1), line(3)], setStage('won'));
  expect([changed.length, refused]).toEqual([1, 1]);
  expect(sent).toMatchObject([{ room: 'w/customer/k3', type: 'customer.stage', data: { stage: 'won' } }]);
});

test('somebody may stop it: what was queued stays', async () => {
  const { data, sent } = queue();
  const bulk = new Bulk();
  const running = bulk.run(
    data,
    Array.from({ length: 1_000 }, (_, n) => line(n)),
    setStage('won'),
  );
  bulk.stop();
  const { changed } = await running;
  expect(changed.length).toBe(sent.length);
  expect(sent.length).toBeLessThan(1_000);
});

test('a device that cannot store it says so, and nothing goes on', async () => {
  const { data } = queue();
  const bulk = new Bulk();
  const full = { ...data, sendEach: () => Promise.reject(new Error('full')) };
  await expect(bulk.run(full, [line(1)], setStage('won'))).rejects.toThrow('full');
  expect(bulk.running).toBe(false);
});

test('undoing says what makes each customer as they were', () => {
  const undone = (change: ReturnType<typeof addTags>, of: CustomerLine): Change | null =>
    undoOf(change, 'new')(of);
  expect(undone(addTags(['a', 'b']), line(2))).toEqual({
    type: 'customer.tag',
    data: { add: [], remove: ['b'] },
  });
  expect(undone(removeTags(['a', 'b']), line(2))).toEqual({
    type: 'customer.tag',
    data: { add: ['a'], remove: [] },
  });
  expect(undone(setStage('won'), line(1))).toEqual({ type: 'customer.stage', data: { stage: 'new' } });
  expect(undone(setStage('won'), line(1, { stage: 'talk' }))).toMatchObject({ data: { stage: 'talk' } });
  expect(undone(addHelpers([ann, bo]), line(1))).toMatchObject({ data: { add: [], remove: [bo] } });
  expect(undone(addTags(['a']), line(2))).toBeNull();
});
