import type { RoomId } from '../../shared/base/ids.ts';
import type { RelayStore, WriteBatch } from '../storage/contract.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { RelayLog, RelayMetrics } from './metrics.ts';

/** Rooms whose stored bytes are damaged. They are not served and take nothing until they are repaired; all others go on. */
export interface Quarantine {
  /** The store: what it says of damage is noted here, and damaged rooms are not read again and again. */
  readonly store: RelayStore;
  has(room: RoomId): boolean;
  readonly size: number;
}

/** The room that an error says is damaged. */
export const damagedRoom = (error: unknown): RoomId | null =>
  error instanceof StorageError && error.reason === 'damaged' ? error.room : null;

export function createQuarantine(inner: RelayStore, log: RelayLog, metrics: RelayMetrics): Quarantine {
  const damaged = new Set<RoomId>();

  const note = (error: unknown): void => {
    const room = damagedRoom(error);
    if (room === null || damaged.has(room)) return;
    damaged.add(room);
    metrics.quarantined(damaged.size);
    log.error({ err: error, room }, 'a room is damaged and is not served; stop the relay and repair it');
  };

  const reading = <Args extends readonly unknown[], T>(read: (room: RoomId, ...args: Args) => T) => {
    return (room: RoomId, ...args: Args): T => {
      if (damaged.has(room)) throw new StorageError('damaged', `${room} is damaged`, { room });
      try {
        return read(room, ...args);
      } catch (error) {
        note(error);
        throw error;
      }
    };
  };

  /** A page that cannot be written belongs to some room of the group: looked for, so that the others can go on. */
  const findDamage = ({ rows }: WriteBatch): void => {
    for (const room of new Set(rows.map((row) => row.room)))
      try {
        inner.rowsFrom(room, Math.max(0, (inner.room(room)?.rows ?? 0) - 1), 1);
      } catch (error) {
        note(error);
      }
  };

  return {
    has: (room) => damaged.has(room),
    get size() {
      return damaged.size;
    },
    store: {
      ...inner,
      rowsAfter: reading(inner.rowsAfter),
      fewRowsAfter: reading(inner.fewRowsAfter),
      rowsFrom: reading(inner.rowsFrom),
      naming: reading(inner.naming),
      commit(batch) {
        try {
          return inner.commit(batch);
        } catch (error) {
          if (error instanceof StorageError && error.reason === 'damaged') findDamage(batch);
          throw error;
        }
      },
    },
  };
}
