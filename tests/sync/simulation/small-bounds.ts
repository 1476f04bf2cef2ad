import type { Mutation } from './mutation.ts';

const bound = (file: string, replace: string, smaller: string): Mutation => ({
  file,
  replace,
  with: smaller,
});

/**
 * A simulated company is small: with bounds of its size it comes to what a real one comes to after months – long logs,
 * many rooms, merged texts, full windows, documents that were put away.
 */
export const smallBounds: readonly Mutation[] = [
  bound('shared/protocol/limits.ts', 'pullRooms: 200', 'pullRooms: 3'),
  bound('shared/protocol/limits.ts', 'logTail: 1_000', 'logTail: 6'),
  bound('shared/protocol/limits.ts', 'logWhole: 8', 'logWhole: 6'),
  bound('shared/protocol/limits.ts', 'changedRooms: 5_000', 'changedRooms: 3'),
  bound('shared/protocol/limits.ts', 'batch: 1024 * 1024', 'batch: 1024'),
  bound('server/relay/log-rooms.ts', 'baseEvery = 256', 'baseEvery = 4'),
  bound('server/relay/log-rooms.ts', 'mostLoaded = 20_000', 'mostLoaded = 12'),
  bound('server/relay/lost-entries.ts', 'part = 256', 'part = 4'),
  bound('server/relay/text-rooms.ts', 'mostLoaded = 256', 'mostLoaded = 1'),
  bound('server/history/checkpoints.ts', 'dueRows = 500', 'dueRows = 4'),
  bound('server/history/checkpoints.ts', 'dueBytes = 64 * 1024', 'dueBytes = 64'),
  bound('client/data/sync/text-merger.ts', 'mergeFrom = 200', 'mergeFrom = 5'),
  bound('client/data/sync/text-sender.ts', 'roomsAtOnce = 16', 'roomsAtOnce = 2'),
  bound('client/data/sync/outbox-sender.ts', 'window = 200', 'window = 4'),
  bound('client/data/text/text-session.ts', 'compactFrom = 64', 'compactFrom = 4'),
];
