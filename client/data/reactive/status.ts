import type { SyncStatus } from '../api.ts';
import type { LeaderState } from '../sync/notes.ts';

type Reading<T> = { readonly [Key in keyof T]: () => T[Key] };

/** What this tab knows by itself. */
type Own = Reading<Pick<SyncStatus, 'queue' | 'leader' | 'lost' | 'problem'>>;

/** An object whose properties are read from signals each time, so that pages react to the one they look at. */
export const makeStatus = (state: () => LeaderState, own: Own): SyncStatus => ({
  get connection() {
    return state().connection;
  },
  get fetching() {
    return state().fetching;
  },
  get filling() {
    return state().filling;
  },
  get unsent() {
    return own.queue().length;
  },
  get queue() {
    return own.queue();
  },
  get leader() {
    return own.leader();
  },
  get syncedAt() {
    return state().syncedAt;
  },
  get damaged() {
    return state().damaged;
  },
  get slowed() {
    return state().slowed;
  },
  get lost() {
    return own.lost();
  },
  get problem() {
    return own.problem() ?? state().problem;
  },
});
