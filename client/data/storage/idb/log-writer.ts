import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { CommandId, MemberId, RoomId } from '../../../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../../../shared/documents/registry.ts';
import type { ChatState, ReadsState } from '../../../../shared/features/chat/schema.ts';
import { parseRoom, partOf } from '../../../../shared/protocol/rooms.ts';
import type { Appended } from '../../projection/apply-log.ts';
import { readUpTo, stillCalling, stillUnread } from '../../projection/unread.ts';
import type { RoomRecord } from '../contract.ts';
import { eraseTakenBack } from './erase.ts';
import { oweEntries } from './journal.ts';
import { forgetMarks, keepMarks } from './marks.ts';
import { keepMentions } from './mentions.ts';
import { putRecords } from './overview.ts';
import { allOf, between } from './ranges.ts';
import { manyRooms, recordsOf } from './records.ts';
import type { OutboxRow } from './schema.ts';
import type { WriteTx } from './transaction.ts';

/** What rows of logs are written to, and what goes with them. */
export const logStores = [
  'rooms',
  'overview',
  'entries',
  'updates',
  'outbox',
  'journal',
  'owed',
  'marks',
  'mentions',
  'blobs',
  'files',
] as const;
export type LogTx = WriteTx<[...typeof logStores]>;

/** Nothing came that was not known. */
const isSame = (now: RoomRecord, held: RoomRecord | null | undefined): boolean =>
  (['cursor', 'from', 'head', 'stale', 'state', 'kept'] as const).every(
    (field) => now[field] === held?.[field],
  );

/**
 * Collects what one transaction changes in log rooms: entries are written at once, records once at the end, when the
 * unread facts of conversations are known. Reads every record at most once.
 */
export class LogWriter {
  readonly #tx: LogTx;
  readonly #me: MemberId;
  readonly #records = new Map<RoomId, RoomRecord | null>();
  readonly #added = new Map<RoomId, LogEntry[]>();
  readonly #calls = new Map<RoomId, readonly number[]>();
  readonly #changed = new Set<RoomId>();
  readonly #settled: CommandId[] = [];
  /** What waits in the outbox: mostly nothing, and every own entry is looked for in it. */
  #waiting: Promise<Map<CommandId, OutboxRow>> | null = null;

  constructor(tx: LogTx, me: MemberId) {
    this.#tx = tx;
    this.#me = me;
  }

  /** Before many rooms are written: their records, and those that are counted together with them, are read at once. */
  async prepare(rooms: readonly RoomId[]): Promise<void> {
    if (rooms.length < manyRooms) return;
    const all = [...new Set(rooms.flatMap((room) => [room, ...countedWith(room)]))];
    const found = await recordsOf(this.#tx.objectStore('rooms'), all);
    for (const room of all) this.#records.set(room, found.get(room) ?? null);
  }

  async record(room: RoomId): Promise<RoomRecord | null> {
    const known = this.#records.get(room);
    if (known !== undefined) return known;
    const record = (await this.#tx.objectStore('rooms').get(room)) ?? null;
    this.#records.set(room, record);
    return record;
  }

  set(record: RoomRecord): void {
    this.#records.set(record.room, record);
    this.#changed.add(record.room);
  }

  async append({ record, added, replaced }: Appended): Promise<void> {
    const { room } = record;
    if (!replaced && added.length === 0 && isSame(record, this.#records.get(room))) {
      // Asked for to be sure, after an absence: then nobody has to read it again.
      if (record.from > 0) await this.#leaveTaken(record);
      return;
    }
    const entries = this.#tx.objectStore('entries');
    if (replaced) {
      await this.#oweWhatGoes(record, added);
      void entries.delete(allOf(room));
      forgetMarks(this.#tx as never, room);
      void this.#tx.objectStore('mentions').delete(allOf(room));
      this.#added.set(room, []);
      this.#calls.set(room, []);
    }
    // Not awaited one by one: the transaction ends only when all are done, or fails as a whole.
    for (const entry of added) void entries.put(entry, [room, entry.seq]);
    await keepMarks(this.#tx as never, room, added);
    this.#added.set(room, [...(this.#added.get(room) ?? []), ...added]);
    const calls = keepMentions(this.#tx as never, room, added, this.#me);
    this.#calls.set(room, [...(this.#calls.get(room) ?? []), ...calls]);
    this.set(record);
    for (const entry of added) if (entry.by === this.#me) await this.#leaveOutbox(entry.id);
    if (record.from > 0) await this.#leaveTaken(record);
  }

  /** Of a long log only the newest part came: what the relay took before that does not come as an entry. */
  async #leaveTaken({ room, from }: RoomRecord): Promise<void> {
    for (const { id, seq, room: of } of (await this.#outbox()).values())
      if (of === room && seq !== null && seq < from) await this.#leaveOutbox(id);
  }

  #outbox(): Promise<Map<CommandId, OutboxRow>> {
    const read = async () =>
      new Map((await this.#tx.objectStore('outbox').getAll()).map((row) => [row.id, row] as const));
    return (this.#waiting ??= read());
  }

  /** What was held from where the new entries begin, and is not among them, is lost on the relay. */
  async #oweWhatGoes({ room, from }: RoomRecord, added: readonly LogEntry[]): Promise<void> {
    const ids = new Set(added.map(({ id }) => id));
    const held = await this.#tx.objectStore('entries').getAll(between(room, from, Infinity));
    await oweEntries(
      this.#tx as never,
      room,
      held.filter(({ id }) => !ids.has(id)),
    );
  }

  async #leaveOutbox(id: CommandId): Promise<void> {
    const waiting = await this.#outbox();
    const key = waiting.get(id)?.key;
    if (key === undefined) return;
    waiting.delete(id);
    void this.#tx.objectStore('outbox').delete(key);
    this.#settled.push(id);
  }

  /** Writes the records; returns the rooms that changed. */
  async finish(): Promise<{ changed: RoomId[]; settled: CommandId[] }> {
    for (const [room, added] of this.#added) await eraseTakenBack(this.#tx as never, room, added);
    for (const room of [...this.#changed]) await this.#countUnread(room);
    putRecords(
      this.#tx as never,
      Array.from(this.#changed, (room) => this.#records.get(room)!),
    );
    return { changed: [...this.#changed], settled: this.#settled };
  }

  async #countUnread(room: RoomId): Promise<void> {
    const found = findRoom(room);
    if (found?.name.kind !== 'chat') return;
    const chatRoom = partOf(room, null);
    const chat = await this.record(chatRoom);
    const kind = findRoom(chatRoom)?.kind as AnyLogKind;
    if (!chat) return;
    const reads = await this.record(partOf(room, 'reads'));
    const floor = readUpTo(chat.state as ChatState, (reads?.state ?? null) as ReadsState | null, this.#me);
    const added = room === chatRoom ? (this.#added.get(room) ?? []) : [];
    const unread = stillUnread(chat.unread, added, kind, floor, this.#me);
    const before = chat.calls ?? [];
    const calling = stillCalling(before, room === chatRoom ? this.#calls.get(room) : undefined, floor);
    const still = unread === chat.unread ? null : new Set(unread);
    const calls = still ? calling.filter((seq) => still.has(seq)) : calling;
    // Counted once, even when the conversation and its read positions changed together.
    if (room === chatRoom) {
      this.#added.delete(room);
      this.#calls.delete(room);
    }
    if (unread !== chat.unread || calls !== before) this.set({ ...chat, unread, calls });
  }
}

/** What is unread of a conversation follows from it and from its read positions. */
function countedWith(room: RoomId): readonly RoomId[] {
  const name = parseRoom(room);
  return name?.kind === 'chat' ? [partOf(room, null), partOf(room, 'reads')] : [];
}
