import { randomUUID } from 'node:crypto';
import type { Welcome } from '../../../shared/protocol/messages.ts';
import { guarded } from './guard.ts';
import type { SqliteDatabase } from './open.ts';

/** As after a restore: cursors above `until` mean nothing any more. */
export function beginEpochAt(database: SqliteDatabase, until: number): void {
  const read = database.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
  const write = database.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const before = { epoch: read.get('epoch') ?? '', until };
  const epochs = [...(JSON.parse(read.get('epochs') ?? '[]') as Welcome['epochs']), before];
  write.run('epoch', randomUUID());
  write.run('epochs', JSON.stringify(epochs));
}

/** Devices hand back what they were shown and is not here, as after a restore. */
export function beginEpochAtHead(database: SqliteDatabase): void {
  const begin = database.transaction(() => {
    const head = database.prepare<[], number>('SELECT coalesce(max(cursor), 0) FROM rows').pluck().get();
    beginEpochAt(database, head ?? 0);
  });
  guarded(database, () => {
    // After a sync that failed the system may read what the disk has not got: nothing is put behind that in the log.
    database.pragma('wal_checkpoint(TRUNCATE)');
    begin.immediate();
  });
}
