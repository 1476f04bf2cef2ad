import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RoomId } from '../../../shared/base/ids.ts';
import type { WorkspaceData } from '../../../client/data/api.ts';
import { Reading } from '../../../client/features/chat/conversation/reading.svelte.ts';

const room = 'w/chat/a' as RoomId;
let sent: [string, unknown][];
let data: WorkspaceData;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  data = {
    may: () => ({ ok: true, value: true }),
    send: (to: string, _type: string, payload: unknown) => {
      sent.push([to, payload]);
      return Promise.resolve('id');
    },
  } as unknown as WorkspaceData;
});
afterEach(() => vi.useRealTimers());

test('several messages read in a moment are told once, with the last of them', () => {
  const reading = new Reading(data, room);
  for (const seq of [3, 4, 5]) reading.seen(seq, 2);
  vi.runAllTimers();
  expect(sent).toEqual([['w/chat/a:reads', { upTo: 5 }]]);
});

test('what is known to be read is not told again, nor anything older', () => {
  const reading = new Reading(data, room);
  reading.seen(5, 5);
  reading.seen(3, 5);
  vi.runAllTimers();
  expect(sent).toEqual([]);
});

test('leaving the page tells at once', () => {
  const reading = new Reading(data, room);
  reading.seen(7, -1);
  reading.flush();
  expect(sent).toEqual([['w/chat/a:reads', { upTo: 7 }]]);
  vi.runAllTimers();
  expect(sent).toHaveLength(1);
});
