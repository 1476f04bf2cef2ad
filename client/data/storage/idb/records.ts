import type { RoomId } from '../../../../shared/base/ids.ts';
import type { RoomRecord } from '../contract.ts';

/** Of so many rooms it is first asked which are here: when a device fetches everything, none of them is. */
export const manyRooms = 32;

/** The part of a transaction's store that is needed; transactions of other stores have it too. */
interface Records {
  get(room: RoomId): Promise<RoomRecord | undefined>;
  getAllKeys(): Promise<RoomId[]>;
}

/** The records of those that are here. */
export async function recordsOf(
  store: Records,
  rooms: readonly RoomId[],
): Promise<ReadonlyMap<RoomId, RoomRecord>> {
  const here = rooms.length < manyRooms ? null : new Set(await store.getAllKeys());
  const found = new Map<RoomId, RoomRecord>();
  const look = async (room: RoomId): Promise<void> => {
    const record = await store.get(room);
    if (record) found.set(room, record);
  };
  await Promise.all((here ? rooms.filter((room) => here.has(room)) : rooms).map(look));
  return found;
}
