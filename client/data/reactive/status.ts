import type { SyncStatus } from '../api.ts';

type Reading<T> = { readonly [Key in keyof T]: () => T[Key] };

/** An object whose properties are read from signals each time, so that pages react to the one they look at. */
export const makeStatus = (read: Reading<SyncStatus>): SyncStatus => ({
  get connection() {
    return read.connection();
  },
  get fetching() {
    return read.fetching();
  },
  get filling() {
    return read.filling();
  },
  get unsent() {
    return read.unsent();
  },
  get queue() {
    return read.queue();
  },
  get leader() {
    return read.leader();
  },
  get syncedAt() {
    return read.syncedAt();
  },
  get damaged() {
    return read.damaged();
  },
  get slowed() {
    return read.slowed();
  },
  get lost() {
    return read.lost();
  },
  get problem() {
    return read.problem();
  },
});
