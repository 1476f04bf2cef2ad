import type { RoomId } from '../../../../shared/base/ids.ts';

/** The places of drafts in a room: its own, and those of its threads. */
export const draftsOf = (room: RoomId): readonly IDBKeyRange[] => [
  IDBKeyRange.only(room),
  IDBKeyRange.bound(`${room} `, `${room} \uffff`),
];
/** All marks of a room. */
export const marksOf = (room: RoomId): IDBKeyRange => IDBKeyRange.bound([room, ''], [room, '\uffff']);
/** All entries of a room, and those in a range, as keys of the entries store. */
export const allOf = (room: RoomId): IDBKeyRange => IDBKeyRange.bound([room, 0], [room, Infinity]);
export const between = (room: RoomId, from: number, to: number): IDBKeyRange =>
  IDBKeyRange.bound([room, from], [room, to], false, true);
