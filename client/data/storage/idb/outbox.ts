import type { CommandId } from '../../../../shared/base/ids.ts';
import type { OutboxRecord, OutboxStore } from '../contract.ts';
import type { OutboxRow } from './schema.ts';
import { read, write, type GetDb, type WriteTx } from './transaction.ts';

const recordOf = (row: OutboxRow): OutboxRecord => ({ ...row, key: row.key! });

export function idbOutbox(getDb: GetDb): OutboxStore {
  const find = async (tx: WriteTx<['outbox']>, id: CommandId) => tx.store.index('id').get(id);

  return {
    add: (command) =>
      write(getDb, ['outbox'], async (tx) => {
        const row: OutboxRow = { ...command, seq: null, failure: null };
        return recordOf({ ...row, key: await tx.store.add(row) });
      }),

    all: () => read(getDb, ['outbox'], async (tx) => (await tx.store.getAll()).map(recordOf)),

    accepted: (id, seq) =>
      write(getDb, ['outbox', 'rooms'], async (tx) => {
        const outbox = tx.objectStore('outbox');
        const row = await outbox.index('id').get(id);
        if (!row) return;
        const record = await tx.objectStore('rooms').get(row.room);
        const arrived = seq === null || (record !== undefined && !record.stale && record.head > seq);
        await (arrived ? outbox.delete(row.key!) : outbox.put({ ...row, seq, failure: null }));
      }),

    refused: (id, failure) =>
      write(getDb, ['outbox'], async (tx) => {
        const row = await find(tx, id);
        if (row) await tx.store.put({ ...row, failure });
      }),

    remove: (id) =>
      write(getDb, ['outbox'], async (tx) => {
        const row = await find(tx, id);
        if (row) await tx.store.delete(row.key!);
      }),
  };
}
