import type { Database } from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { namesOf } from '../../../shared/access/erasing.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';

/** A name as the table has it, in 48 bits: shorter than the name, and two of one room that are alike do no harm. */
export const nameNumber = (name: string): number =>
  createHash('sha256').update(name).digest().readUIntBE(0, 6);

interface RowInTable {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** For databases from before there were names. Rows that cannot be read have none. */
export function nameRows(database: Database): void {
  const rooms = database.prepare<[], { id: number; room: string }>('SELECT id, room FROM rooms').all();
  const rows = database.prepare<[number], RowInTable>('SELECT seq, bytes FROM rows WHERE room = ?');
  const add = database.prepare('INSERT OR IGNORE INTO names (room, name, seq) VALUES (?, ?, ?)');
  for (const { id, room } of rooms) {
    const kind = findRoom(room)?.kind;
    if (kind?.class !== 'log' || !kind.erasing) continue;
    const found: [name: string, seq: number][] = [];
    for (const { seq, bytes } of rows.iterate(id))
      try {
        for (const entry of decodeLogRun(bytes))
          for (const name of namesOf(kind.erasing, entry)) found.push([name, seq]);
      } catch {
        // Damaged: the room is set aside when somebody reads it.
      }
    for (const [name, seq] of found) add.run(id, nameNumber(name), seq);
  }
}
