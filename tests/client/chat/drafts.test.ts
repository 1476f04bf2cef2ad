import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { WorkspaceData } from '../../../client/data/api.ts';
import type { DraftStore } from '../../../client/data/storage/contract.ts';
import { drafts } from '../../../client/features/chat/drafts.svelte.ts';

const room = 'w/chat/a' as RoomId;
let stored: Map<RoomId, string>;
let writes: number;
let person = 0;
let data: WorkspaceData;

beforeEach(() => {
  vi.useFakeTimers();
  person += 1;
  stored = new Map([[room, 'from yesterday']]);
  writes = 0;
  data = {
    me: `person-${person}` as MemberId,
    drafts: {
      get: (of: RoomId) => Promise.resolve(stored.get(of) ?? ''),
      put: (of: RoomId, text: string) => {
        writes += 1;
        stored.set(of, text);
        return Promise.resolve();
      },
    } as Partial<DraftStore> as DraftStore,
  } as Partial<WorkspaceData> as WorkspaceData;
});
afterEach(() => {
  drafts.flush();
  vi.useRealTimers();
});

test('a draft is read once and shown from then on', async () => {
  expect(drafts.text(data, room)).toBe('');
  expect(await drafts.load(data, room)).toBe('from yesterday');
  expect(drafts.text(data, room)).toBe('from yesterday');
});

test('what is typed while the database answers is not overwritten', async () => {
  const loading = drafts.load(data, room);
  drafts.save(data, room, 'typed');
  expect(await loading).toBe('typed');
});

test('typing is stored after a pause, not with every key', () => {
  for (const text of ['h', 'he', 'hel']) drafts.save(data, room, text);
  expect(writes).toBe(0);
  vi.runAllTimers();
  expect([writes, stored.get(room)]).toEqual([1, 'hel']);
});

test('a page that goes stores at once', () => {
  drafts.save(data, room, 'unfinished');
  drafts.flush();
  expect(stored.get(room)).toBe('unfinished');
  vi.runAllTimers();
  expect(writes).toBe(1);
});

test('another person on this device has another draft in the same conversation', () => {
  drafts.save(data, room, 'mine');
  expect(drafts.text({ ...data, me: 'somebody else' as MemberId }, room)).toBe('');
  vi.runAllTimers();
});
