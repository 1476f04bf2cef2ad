import type { RoomId } from '../../../shared/base/ids.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { ChangedRoom, RoomContent, Want } from '../../../shared/protocol/messages.ts';
import { isPart } from '../projection/apply-log.ts';
import { urgency } from '../projection/urgency.ts';
import type { DeviceStorage, RoomRecord, Stored } from '../storage/contract.ts';
import type { Connection } from './connection.ts';
import type { InOrder } from './in-order.ts';

export interface PullEvents {
  stored(stored: Stored): void;
  /** Rooms that the relay does not give (any more). */
  missing(rooms: readonly RoomId[]): Promise<void>;
  /** Whether a room that is not given any more may be kept: its copy here may be the only one left. */
  mayBeOnlyCopy(room: RoomId): Promise<boolean>;
  /** Rooms whose data on the relay is damaged, and rooms that came whole. */
  damaged(rooms: readonly RoomId[], whole: readonly RoomId[]): Promise<void>;
  progress(done: number, total: number): void;
}

/** Requests under way at a time: while one batch is being stored the next is on the wire. */
const inFlight = 2;

/** Everything that changed since `cursor`, and the cursor that is reached when all of it is stored. */
export async function listChanges(
  connection: Connection,
  cursor: number,
): Promise<{ rooms: ChangedRoom[]; head: number }> {
  const rooms = new Map<RoomId, ChangedRoom>();
  for (let since = cursor; ;) {
    const answer = await connection.ask({ type: 'changes', since });
    if (answer.type !== 'changed') throw new Error(`unexpected answer ${answer.type}`);
    const { changed } = answer;
    for (const room of changed.rooms) rooms.set(room.room, room);
    if (changed.next >= changed.head || changed.next <= since)
      return { rooms: [...rooms.values()], head: changed.head };
    since = changed.next;
  }
}

/** Rooms of the list whose newest row is not here yet, and those held that cannot be trusted; the most urgent first. */
export async function roomsToPull(
  storage: DeviceStorage,
  changed: readonly ChangedRoom[],
): Promise<RoomId[]> {
  const held = new Map((await storage.rooms.all()).map((record) => [record.room, record]));
  const wanted = new Map<RoomId, number>();
  for (const { room, cursor, at } of changed) {
    const record = held.get(room);
    if (!record || record.stale || record.cursor < cursor) wanted.set(room, at);
  }
  for (const record of held.values()) if (record.stale) wanted.set(record.room, record.at);
  return [...wanted].sort(([a, atA], [b, atB]) => urgency(a) - urgency(b) || atB - atA).map(([room]) => room);
}

/** Of what this person may know a part of, the relay gives all of that part: a part that is held has no entries to go on from. */
const wantOf = (room: RoomId, record: RoomRecord | null): Want =>
  record && !record.stale && !isPart(findRoom(room)?.kind, record.state)
    ? { room, cursor: record.cursor, have: record.head }
    : { room, cursor: 0, have: 0 };

/** Without what the device said that it had, it would be a log or a text without its beginning. */
const goesOn = (content: RoomContent): boolean =>
  content.kind === 'log' ? content.from > 0 && content.base === null : !content.whole;

/** Rooms that were lost, or found damaged, since they were asked for: what was held then is not here any more. */
async function withoutBeginning(
  storage: DeviceStorage,
  wants: readonly Want[],
  contents: readonly RoomContent[],
): Promise<ReadonlySet<RoomId>> {
  const going = new Set(contents.flatMap((content) => (goesOn(content) ? content.room : [])));
  const asked = wants.filter(({ room, cursor }) => cursor > 0 && going.has(room));
  if (asked.length === 0) return new Set();
  const now = await storage.rooms.some(asked.map(({ room }) => room));
  const isHere = (record: RoomRecord | null | undefined, { cursor, have }: Want): boolean =>
    !!record && !record.stale && record.cursor >= cursor && record.head >= have;
  return new Set(asked.flatMap((want, i) => (isHere(now[i], want) ? [] : want.room)));
}

/** Fetches rooms in batches, each stored in one transaction. A batch the relay cut short is asked for again. */
export async function pull(
  connection: Connection,
  storage: DeviceStorage,
  rooms: readonly RoomId[],
  order: InOrder,
  events: PullEvents,
): Promise<void> {
  const waiting = [...rooms];
  const total = rooms.length;
  let done = 0;

  const take = async (): Promise<void> => {
    for (
      let batch = waiting.splice(0, limits.pullRooms);
      batch.length > 0;
      batch = waiting.splice(0, limits.pullRooms)
    ) {
      const records = await storage.rooms.some(batch);
      const wants = batch.map((room, i) => wantOf(room, records[i]!));
      const answer = await connection.ask({ type: 'pull', wants });
      if (answer.type !== 'batch') throw new Error(`unexpected answer ${answer.type}`);
      const got = new Set([
        ...answer.rooms.map((content) => content.room),
        ...answer.missing,
        ...answer.damaged,
      ]);
      if (got.size > 0) waiting.unshift(...batch.filter((room) => !got.has(room)));
      const unfinished = answer.rooms.filter(
        (content) =>
          content.kind === 'log' &&
          content.entries.length > 0 &&
          content.from + content.entries.length < content.head,
      );
      const again = await order.run(async () => {
        const lost = await withoutBeginning(storage, wants, answer.rooms);
        const whole = answer.rooms.filter(({ room }) => !lost.has(room));
        events.stored(await storage.rooms.storeContents(whole));
        const stale = new Set(batch.filter((_room, i) => records[i]?.stale));
        await events.damaged(
          answer.damaged,
          whole.map((content) => content.room),
        );
        // A restored relay does not know every room it once gave.
        const missing: RoomId[] = [];
        for (const room of answer.missing)
          if (!stale.has(room) || !(await events.mayBeOnlyCopy(room))) missing.push(room);
        if (missing.length > 0) await events.missing(missing);
        return new Set([...unfinished.map(({ room }) => room), ...lost]);
      });
      waiting.unshift(...again);
      done += got.size - again.size;
      events.progress(Math.min(done, total), total);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, take));
}
