import { randomUUID } from 'node:crypto';
import type { SqliteDatabase } from '../storage/sqlite/open.ts';
import type { Welcome } from '../../shared/protocol/messages.ts';

export interface NewEpoch {
  readonly epoch: string;
  /** The epoch of the backup, and the cursor up to which it and the new one are the same. */
  readonly before: { readonly epoch: string; readonly until: number };
}

/**
 * A database that was restored goes on as another one: devices then know that cursors above its head mean nothing any
 * more. Client ids are given above `leasedUpTo`, which is above all that may have been given since the backup.
 */
export function beginEpoch(database: SqliteDatabase, leasedUpTo: number): NewEpoch {
  const read = database.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
  const write = database.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const begin = database.transaction((): NewEpoch => {
    const until =
      database.prepare<[], number>('SELECT coalesce(max(cursor), 0) FROM rows').pluck().get() ?? 0;
    const before = { epoch: read.get('epoch') ?? '', until };
    const epoch = randomUUID();
    const epochs = [...(JSON.parse(read.get('epochs') ?? '[]') as Welcome['epochs']), before];
    write.run('epoch', epoch);
    write.run('epochs', JSON.stringify(epochs));
    // What was restored from is a verified backup of everything up to there.
    write.run('backed-up', String(until));
    write.run('leased-up-to', String(Math.max(leasedUpTo, Number(read.get('leased-up-to') ?? 0))));
    return { epoch, before };
  });
  return begin.immediate();
}
