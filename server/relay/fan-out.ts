import type { Bytes } from '../../shared/base/bytes.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { encodeRelayMessage } from '../../shared/protocol/codec.ts';
import { includes, type Access, type ReaderSet } from './access.ts';
import type { Committed } from './commit.ts';
import { plainUpdate } from './plain-session.ts';
import type { DeviceSession, PlainSession } from './session.ts';

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
): void {
  const byRoom = new Map<RoomId, ReaderSet>();
  for (const { row } of committed) if (!byRoom.has(row.room)) byRoom.set(row.room, access.readers(row.room));
  const rooms = [...byRoom];
  const frames = new Map<string, Bytes | null>();
  for (const [member, sessions] of devices) {
    let signature = '';
    for (const [, readers] of rooms) signature += includes(readers, member) ? '1' : '0';
    let frame = frames.get(signature);
    if (frame === undefined) {
      const readable = new Set(rooms.filter((_, i) => signature[i] === '1').map(([room]) => room));
      const rows = committed.filter(({ row }) => readable.has(row.room)).map(({ row }) => row);
      frame = rows.length > 0 ? encodeRelayMessage({ type: 'rows', rows }) : null;
      frames.set(signature, frame);
    }
    if (frame) for (const session of sessions) session.send(frame);
  }
}

/** Shows each row to the plain clients of its room, save the one it came from. */
export function showToPlain(committed: readonly Committed[], plain: PlainByRoom): void {
  for (const { row, work } of committed) {
    const sessions = plain.get(row.room);
    if (!sessions) continue;
    let frame: Bytes | null = null;
    for (const session of sessions)
      if (session !== work.origin) session.send((frame ??= plainUpdate(row.bytes)));
  }
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
