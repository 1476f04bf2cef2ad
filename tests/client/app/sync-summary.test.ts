import { describe, expect, it } from 'vitest';
import { summariseSync } from '../../../client/app/sync-summary.ts';
import type { QueuedItem, SyncStatus } from '../../../client/data/api.ts';
import { failure } from '../../../shared/base/errors.ts';
import type { RoomId } from '../../../shared/base/ids.ts';

const calm: SyncStatus = {
  connection: 'online',
  fetching: null,
  filling: null,
  unsent: 0,
  queue: [],
  leader: true,
  syncedAt: 1,
  damaged: [],
  slowed: false,
  lost: [],
  problem: null,
};

const refused: QueuedItem = {
  id: 'q',
  room: 'w/chat/c' as RoomId,
  type: 'chat.send',
  at: 1,
  count: 1,
  words: 'Hello',
  failure: failure('forbidden', 'no'),
};

describe('the sync indicator', () => {
  it('says saved only when everything is on the relay', () => {
    expect(summariseSync(calm)).toEqual({ kind: 'saved', count: 0 });
    expect(summariseSync({ ...calm, unsent: 1 })).toEqual({ kind: 'syncing', count: 1 });
  });

  it('counts rooms still to fetch as syncing', () => {
    expect(summariseSync({ ...calm, unsent: 2, fetching: { done: 3, total: 10 } })).toEqual({
      kind: 'syncing',
      count: 9,
    });
  });

  it('keeps counting what waits while offline', () => {
    expect(summariseSync({ ...calm, connection: 'offline', unsent: 4 })).toEqual({
      kind: 'offline',
      count: 4,
    });
    expect(summariseSync({ ...calm, connection: 'connecting' })).toEqual({ kind: 'connecting', count: 0 });
  });

  it('puts what needs a person first', () => {
    const bad = { ...calm, connection: 'offline' as const, unsent: 3, queue: [refused] };
    expect(summariseSync(bad)).toEqual({ kind: 'refused', count: 1 });
    expect(summariseSync({ ...bad, problem: failure('storage-failed', 'full') })).toEqual({
      kind: 'problem',
      count: 2,
    });
  });
});
