import type { Meta, MetaStore } from '../contract.ts';
import { read, write, type GetDb } from './transaction.ts';

export const emptyMeta: Meta = { epoch: null, cursor: 0, syncedAt: null, damaged: [] };

export const idbMeta = (getDb: GetDb): MetaStore => ({
  read: () => read(getDb, ['meta'], async (tx) => ({ ...emptyMeta, ...(await tx.store.get('sync')) })),
  write: (change) =>
    write(getDb, ['meta'], async (tx) => {
      await tx.store.put({ ...emptyMeta, ...(await tx.store.get('sync')), ...change }, 'sync');
    }),
});
