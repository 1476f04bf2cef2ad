/* The one honest indicator: from the sync status to the single thing worth saying. */
import type { SyncStatus } from '../data/api.ts';

export interface SyncSummary {
  readonly kind: 'problem' | 'refused' | 'offline' | 'connecting' | 'slowed' | 'syncing' | 'saved';
  /** Changes that are only on this device (`refused`: what the relay did not take, or did not take back; `syncing`: also rooms to fetch). */
  readonly count: number;
}

/** What needs a person comes first, then what is not true everywhere yet. */
export const summariseSync = (status: SyncStatus): SyncSummary => {
  const notTaken = status.queue.filter((item) => item.failure !== null).length;
  const waiting = Math.max(0, status.unsent - notTaken);
  const refused = notTaken + status.lost.filter((item) => item.failure !== null).length;
  if (status.problem) return { kind: 'problem', count: waiting };
  if (refused > 0) return { kind: 'refused', count: refused };
  if (status.connection === 'offline') return { kind: 'offline', count: waiting };
  if (status.connection === 'connecting') return { kind: 'connecting', count: waiting };
  if (status.slowed) return { kind: 'slowed', count: waiting };
  const fetching = status.fetching ? Math.max(0, status.fetching.total - status.fetching.done) : 0;
  if (waiting + fetching > 0) return { kind: 'syncing', count: waiting + fetching };
  return { kind: 'saved', count: 0 };
};
