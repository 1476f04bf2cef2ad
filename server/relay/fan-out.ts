import type { Bytes } from '../../shared/base/bytes.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { encodeRelayMessage } from '../../shared/protocol/codec.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { Row } from '../../shared/protocol/messages.ts';
import { includes, onlyPart, type Access, type ReaderSet } from './access.ts';
import type { Committed } from './commit.ts';
import { joinUpdates } from './join-updates.ts';
import { plainUpdate } from './plain-session.ts';
import type { PartialRows } from './partial-rows.ts';
import type { Receipts } from './receipts.ts';
import type { DeviceSession, PlainSession } from './session.ts';

/** More than what a frame and a row take beside the bytes of rows. */
const frameOverhead = 64;
const rowOverhead = 320;

export type DevicesByMember = ReadonlyMap<MemberId, ReadonlySet<DeviceSession>>;
export type PlainByRoom = ReadonlyMap<RoomId, ReadonlySet<PlainSession>>;

/**
 * Shows the rows of one commit to every device: members who may read the same of these rooms share one frame, encoded
 * once. Rights are those after the commit, so nobody is shown a row of a room they have just lost.
 */
export function showToDevices(
  committed: readonly Committed[],
  devices: DevicesByMember,
  access: Access,
  receipts: Receipts,
  partial: PartialRows,
): void {
  const steps = partial.of(committed);
  if (devices.size === 0) return;
  const byRoom = new Map<RoomId, ReaderSet>();
  for (const { row } of committed) if (!byRoom.has(row.room)) byRoom.set(row.room, access.readers(row.room));
  const reopened = reopenedRooms(committed);
  const rooms = [...byRoom];
  const frames = new Map<string, readonly Bytes[]>();
  // Rows that no device may read need no receipt.
  const sealed = new Map<Committed, Row>();
  const seal = (each: Committed): Row => {
    const known = sealed.get(each) ?? receipts.seal(each.row);
    sealed.set(each, known);
    return known;
  };
  for (const [member, sessions] of devices) {
    for (const step of steps.values())
      if (step.differs(member)) for (const session of [...sessions]) session.narrow();
    let signature = '';
    const keys = new Map<RoomId, string>();
    for (const [room, readers] of rooms) {
      signature += includes(readers, member) ? '1' : '0';
      const key = steps.get(room)?.keyOf(member) ?? '';
      if (key !== '') keys.set(room, key);
      signature += key;
      if (reopened.has(room)) signature += ` ${access.window(member, room).from} `;
    }
    let made = frames.get(signature);
    if (!made) {
      const firsts = new Map(
        rooms.map(([room, readers]) => [
          room,
          includes(readers, member) ? access.window(member, room).from : Infinity,
        ]),
      );
      const rows = committed.flatMap((each) => {
        const { row } = each;
        const key = keys.get(row.room);
        if (key !== undefined)
          return firsts.get(row.room) === Infinity ? [] : steps.get(row.room)!.row(row, key);
        return row.seq >= firsts.get(row.room)! ? seal(each) : [];
      });
      made = inFrames(rows).map((some) => encodeRelayMessage({ type: 'rows', rows: some }));
      frames.set(signature, made);
    }
    for (const frame of made) for (const session of sessions) session.send(frame);
  }
}

/** Rooms for which somebody may begin to read within this commit: not all of its rows are theirs. */
const reopenedRooms = (committed: readonly Committed[]): ReadonlySet<RoomId> =>
  new Set(committed.flatMap(({ row, work }) => (work.readersBefore ? [row.room] : [])));

/** Rows in groups that fit in a frame each. A row is an update or a command, and one alone always fits. */
function inFrames(rows: readonly Row[]): readonly (readonly Row[])[] {
  const groups: Row[][] = [];
  let left = 0;
  for (const row of rows) {
    const size = row.bytes.length + rowOverhead;
    if (size > left) {
      groups.push([]);
      left = limits.frame - frameOverhead;
    }
    groups.at(-1)!.push(row);
    left -= size;
  }
  return groups;
}

/**
 * Shows the rows of one commit to the plain clients of their rooms, those of a room as one update. Rows of one writer
 * are not sent back to it; where others wrote in the same commit it gets the same frame as everybody, its own included.
 */
export function showToPlain(committed: readonly Committed[], plain: PlainByRoom, access: Access): void {
  if (plain.size === 0) return;
  const reopened = reopenedRooms(committed);
  for (const [room, works] of byRoomOf(committed)) {
    const sessions = plain.get(room);
    if (!sessions) continue;
    const [{ row, work }] = works;
    const writer = works.every((each) => each.work.origin === work.origin) ? work.origin : undefined;
    const frames = joinUpdates(works.map((each) => each.row.bytes)).map(plainUpdate);
    const isPartly = isPartlyRead(room, access);
    const isReopened = reopened.has(room);
    for (const session of sessions) {
      if (isPartly && access.window(session.caller.member, room).isPart) {
        session.end(onlyPart.code, onlyPart.message);
        continue;
      }
      if (session === writer) continue;
      // Whoever is let in anew asks again, and is told what is theirs.
      if (isReopened && row.seq < access.window(session.caller.member, room).from)
        session.end('stopping', 'come back for what may be read now');
      else for (let i = 0; i < frames.length; i++) session.send(frames[i]!);
    }
  }
}

const isPartlyRead = (room: RoomId, access: Access): boolean => {
  const kind = access.locate(room)?.kind;
  return kind?.class === 'log' && kind.partly !== undefined;
};

function byRoomOf(committed: readonly Committed[]): Map<RoomId, [Committed, ...Committed[]]> {
  const byRoom = new Map<RoomId, [Committed, ...Committed[]]>();
  for (const each of committed) {
    const others = byRoom.get(each.row.room);
    if (others) others.push(each);
    else byRoom.set(each.row.room, [each]);
  }
  return byRoom;
}

export interface Loss {
  readonly room: RoomId;
  readonly member: MemberId;
}

/** Who could read a room before this commit and cannot after it. */
export function lossesOf(committed: readonly Committed[], access: Access): Loss[] {
  const losses: Loss[] = [];
  for (const { work } of committed)
    for (const [room, before] of work.readersBefore ?? []) {
      if (before === 'everyone') continue;
      const now = access.readers(room);
      for (const member of before) if (!includes(now, member)) losses.push({ room, member });
    }
  return losses;
}
