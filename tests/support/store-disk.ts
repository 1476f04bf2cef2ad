import type { RelayStore } from '../../server/storage/contract.ts';
import { StorageError } from '../../server/storage/storage-error.ts';

/** A store whose disk can be full: what would write throws then, before anything is written. */
export function failing(store: RelayStore, isFull: () => boolean): RelayStore {
  const check = (): void => {
    if (isFull()) throw new StorageError('disk', 'ENOSPC');
  };
  return {
    ...store,
    commit(batch) {
      check();
      return store.commit(batch);
    },
    saveBase(room, seq, state) {
      check();
      store.saveBase(room, seq, state);
    },
  };
}
