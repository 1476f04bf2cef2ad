import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import type { JoinsState } from '../../../shared/features/chat/group-schema.ts';
import { openRequests } from '../../../shared/features/chat/joining.ts';
import type { ChatState, ReadsState } from '../../../shared/features/chat/schema.ts';
import type { DocState } from '../../../shared/features/docs/schema.ts';
import { parseRoom, partOf } from '../../../shared/protocol/rooms.ts';
import type { ChatRow, DocRow } from '../api.ts';
import type { OutboxRecord, RoomRecord } from '../storage/contract.ts';
import { overlaidState, underWay, type CommandsByRoom, type Records } from './overlay.ts';
import { mostUnread, readUpTo } from './unread.ts';

/** What a row was made of: as long as all of it is the same, the row stays the same object and the page its element. */
interface Made<Row> {
  readonly of: readonly unknown[];
  readonly row: Row | null;
}

type PartsOf = (room: RoomId, records: Records, commands: CommandsByRoom, id: string) => readonly unknown[];

/** Builds the rows of one kind again and again, only those anew whose parts changed. */
export class Rows<Row> {
  readonly #parts: PartsOf;
  readonly #build: (room: RoomId, id: string, records: Records, commands: CommandsByRoom) => Row | null;
  readonly #kind: string;
  readonly #newest: (row: Row) => number;
  #made = new Map<RoomId, Made<Row>>();
  /** Of each room or part of one that was met: whose row it belongs to; null for other kinds. */
  readonly #names = new Map<RoomId, { readonly room: RoomId; readonly id: string } | null>();

  constructor(
    kind: string,
    parts: PartsOf,
    build: (room: RoomId, id: string, records: Records, commands: CommandsByRoom) => Row | null,
    newest: (row: Row) => number,
  ) {
    this.#kind = kind;
    this.#parts = parts;
    this.#build = build;
    this.#newest = newest;
  }

  /** Newest first. */
  from(records: Records, commands: CommandsByRoom): Row[] {
    const made = new Map<RoomId, Made<Row>>();
    const rows: Row[] = [];
    const add = (key: RoomId): void => {
      const name = this.#nameOf(key);
      if (!name || made.has(name.room)) return;
      const { room, id } = name;
      const of = this.#parts(room, records, commands, id);
      const before = this.#made.get(room);
      const same = before && before.of.every((part, i) => part === of[i]);
      const now = same ? before : { of, row: this.#build(room, id, records, commands) };
      made.set(room, now);
      if (now.row) rows.push(now.row);
    };
    for (const key of records.keys()) add(key);
    for (const key of commands.keys()) add(key);
    this.#made = made;
    return rows.sort((a, b) => this.#newest(b) - this.#newest(a));
  }

  /** Names are read once: the rows of thousands of rooms are put together again with every message. */
  #nameOf(key: RoomId): { readonly room: RoomId; readonly id: string } | null {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const parsed = parseRoom(key);
    const name = parsed?.kind === this.#kind ? { room: partOf(key, null), id: parsed.id } : null;
    this.#names.set(key, name);
    return name;
  }
}

const logKind = (room: RoomId): AnyLogKind => findRoom(room)!.kind as AnyLogKind;

/** Commands as one value to compare: the list is grouped anew at every change of the outbox. */
export const trace = (commands: readonly OutboxRecord[] | undefined): string =>
  commands?.map(({ id, seq, failure }) => `${id}:${seq ?? ''}:${failure ? 'no' : ''}`).join() ?? '';

/** Of what is unread but not here, or too much to be kept, only where it begins is known. */
function firstUnread(
  record: RoomRecord | undefined,
  unread: readonly number[],
  floor: number,
): number | null {
  const [first] = unread;
  if (first === undefined || !record) return null;
  return record.from > floor + 1 || record.unread.length >= mostUnread ? floor + 1 : first;
}

export function chatRows(me: MemberId): Rows<ChatRow> {
  const parts = new Map<RoomId, readonly RoomId[]>();
  const partsOf = (room: RoomId): readonly RoomId[] => {
    const all = parts.get(room) ?? [room, partOf(room, 'reads'), partOf(room, 'joins')];
    parts.set(room, all);
    return all;
  };
  return new Rows<ChatRow>(
    'chat',
    (room, records, commands) => {
      const of: unknown[] = [];
      for (const part of partsOf(room)) of.push(records.get(part), trace(commands.get(part)));
      return of;
    },
    (room, id, records, commands) => {
      const record = records.get(room);
      const stateOf = (of: RoomId): unknown =>
        overlaidState(logKind(of), records.get(of), commands.get(of), me);
      const state = stateOf(room) as ChatState;
      const reads = stateOf(partOf(room, 'reads')) as ReadsState;
      if (!state.created || !Object.hasOwn(state.members, me)) return null;
      const floor = readUpTo(state, reads, me);
      const unread = record?.unread.filter((seq) => seq > floor) ?? [];
      return {
        room,
        id,
        state,
        reads,
        requests: openRequests(stateOf(partOf(room, 'joins')) as JoinsState, state),
        unread: unread.length,
        firstUnread: firstUnread(record, unread, floor),
        lastUnread: unread.at(-1) ?? null,
        calls: record?.calls?.filter((seq) => seq > floor) ?? [],
        at: state.last?.at ?? state.created.at,
        pending: underWay(commands.get(room), record?.head ?? 0).length > 0,
      };
    },
    (row) => row.at,
  );
}

export function docRows(me: MemberId, unsentTexts: () => ReadonlySet<RoomId>): Rows<DocRow> {
  return new Rows<DocRow>(
    'doc',
    (room, records, commands) => {
      const about = partOf(room, 'about');
      return [records.get(about), records.get(room), trace(commands.get(about)), unsentTexts().has(room)];
    },
    (room, id, records, commands) => {
      const aboutRoom = partOf(room, 'about');
      const about = records.get(aboutRoom);
      const state = overlaidState(logKind(aboutRoom), about, commands.get(aboutRoom), me) as DocState;
      if (!state.created) return null;
      const edits = [about, records.get(room)].filter((record): record is RoomRecord => record !== undefined);
      const mine = underWay(commands.get(aboutRoom), about?.head ?? 0).map(({ at }) => ({ at, by: me }));
      const newest = [...edits, ...mine, { at: state.created.at, by: state.created.by }].reduce((a, b) =>
        b.at > a.at ? b : a,
      );
      return {
        room,
        id,
        state,
        editedAt: newest.at,
        editedBy: newest.by,
        pending: mine.length > 0 || unsentTexts().has(room),
      };
    },
    (row) => row.editedAt,
  );
}
