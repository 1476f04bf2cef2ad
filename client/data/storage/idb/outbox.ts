import type { OutboxRecord, OutboxStore } from '../contract.ts';
import type { OutboxRow } from './schema.ts';
import { read, write, type GetDb } from './transaction.ts';

/** How far somebody has read and how they arranged a list is nothing they wrote: refused, it is of no use to anybody. */
export const isWorthKeeping = ({ type }: Pick<OutboxRow, 'type'>): boolean =>
  type !== 'chat.read' && !type.startsWith('list.');

const recordOf = (row: OutboxRow): OutboxRecord => ({ ...row, key: row.key! });

export function idbOutbox(getDb: GetDb): OutboxStore {
  return {
    add: (command) =>
      write(getDb, ['outbox'], async (tx) => {
        const row: OutboxRow = { ...command, seq: null, failure: null };
        return recordOf({ ...row, key: await tx.store.add(row) });
      }),

    addAll: (commands) =>
      write(getDb, ['outbox'], async (tx) => {
        const rows = commands.map((command): OutboxRow => ({ ...command, seq: null, failure: null }));
        const keys = await Promise.all(rows.map((row) => tx.store.add(row)));
        return rows.map((row, i) => recordOf({ ...row, key: keys[i]! }));
      }),

    all: () => read(getDb, ['outbox'], async (tx) => (await tx.store.getAll()).map(recordOf)),

    settle: (answers) =>
      write(getDb, ['outbox', 'rooms'], async (tx) => {
        const outbox = tx.objectStore('outbox');
        for (const answer of answers) {
          const row = await outbox.index('id').get(answer.id);
          if (!row) continue;
          if ('failure' in answer) {
            void (isWorthKeeping(row)
              ? outbox.put({ ...row, failure: answer.failure })
              : outbox.delete(row.key!));
            continue;
          }
          const { seq } = answer;
          // The room was lost meanwhile, perhaps by this very command: its entry never comes.
          if (row.failure) {
            void outbox.delete(row.key!);
            continue;
          }
          const record = await tx.objectStore('rooms').get(row.room);
          const arrived = seq === null || (record !== undefined && !record.stale && record.head > seq);
          void (arrived ? outbox.delete(row.key!) : outbox.put({ ...row, seq, failure: null }));
        }
      }),

    remove: (id) =>
      write(getDb, ['outbox'], async (tx) => {
        const key = await tx.store.index('id').getKey(id);
        if (key !== undefined) await tx.store.delete(key);
      }),
  };
}
