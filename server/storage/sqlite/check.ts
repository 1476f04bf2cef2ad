import type { RoomId } from '../../../shared/base/ids.ts';
import { StorageError } from '../storage-error.ts';
import { wrongCustomers } from './customers-rebuild.ts';
import { asStorageError } from './guard.ts';
import type { SqliteDatabase } from './open.ts';
import { createSqliteStore } from './store.ts';
import { isSound, summed, type SummedTable } from './summed.ts';

export interface Damage {
  /** Null where it is not one room's. */
  readonly room: RoomId | null;
  /** A part of a sentence, for people. */
  readonly what: string;
}

export interface Checked {
  readonly rooms: number;
  readonly rows: number;
  readonly damage: readonly Damage[];
}

const rowsAtOnce = 500;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reads everything that is stored, as the relay would, and says what is not as it was stored. */
export function checkDatabase(database: SqliteDatabase): Checked {
  const damage: Damage[] = [];
  const trying = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      const known = asStorageError(error);
      const room = known instanceof StorageError ? known.room : null;
      damage.push({ room, what: reasonOf(known) });
    }
  };
  trying(() => {
    const said = database.pragma('integrity_check(20)') as { readonly integrity_check: string }[];
    for (const { integrity_check: what } of said) if (what !== 'ok') damage.push({ room: null, what });
  });
  for (const table of Object.keys(summed) as SummedTable[])
    trying(() => {
      const wrong = database
        .prepare<[], number>(`SELECT count(*) FROM ${table} WHERE NOT ${isSound(table)}`)
        .pluck()
        .get();
      if (wrong) damage.push({ room: null, what: `${wrong} lines of its table ${table}` });
    });
  trying(() => {
    const wrong = wrongCustomers(database);
    if (wrong) damage.push({ room: null, what: `${wrong} lines of its tables of customers` });
  });
  let rooms = 0;
  let rows = 0;
  trying(() => {
    const store = createSqliteStore(database);
    for (const { room, rows: length } of store.rooms('')) {
      rooms++;
      trying(() => {
        for (let seq = 0; seq < length;) {
          const some = store.rowsFrom(room, seq, rowsAtOnce);
          rows += some.length;
          seq = (some.at(-1)?.seq ?? length) + 1;
        }
      });
    }
  });
  return { rooms, rows, damage };
}
