import type { CommandId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { MessageMarks } from '../../../shared/features/chat/marks.ts';
import { messageMarks } from '../../../shared/features/chat/marks.ts';
import type { DocState } from '../../../shared/features/docs/schema.ts';
import { parseRoom, partOf } from '../../../shared/protocol/rooms.ts';
import { entryOf } from '../projection/overlay.ts';
import type { DeviceStorage, OutboxRecord } from '../storage/contract.ts';
import { blockOf, candidates, cluesOf, firstBlockWith } from './candidates.ts';
import { contentsOf } from './contents.ts';
import type { Hit, SearchQuery, SearchResult } from './contract.ts';
import { unitsIn, unitsInBlock, type SegmentInfo, type Units } from './segment.ts';
import { emptyState, type IndexTx, type SearchStore } from './store.ts';
import { askedFor, isIn, type Asked } from './words.ts';

/** Candidates whose texts are read at once. */
const readAtOnce = 64;
/** So many texts are read for each that is asked for, then older ones have to be asked for again. */
const patience = 100;

/** A candidate: the index says that it may fit. */
interface Candidate {
  readonly room: RoomId;
  readonly number: number;
  readonly seq: number;
  readonly at: number;
}

/** What waits in the outbox, as far as it changes what messages say. */
interface Waiting {
  readonly messages: readonly OutboxRecord[];
  /** By the id of the message that they speak of. */
  readonly changes: ReadonlyMap<CommandId, readonly OutboxRecord[]>;
}

/** Answers questions from the index, and lets the texts on the device decide. */
export class Searcher {
  readonly #storage: DeviceStorage;
  readonly #store: SearchStore;
  readonly #me: MemberId;
  readonly #infos = new Map<number, SegmentInfo>();
  #rooms: { readonly version: number; readonly byNumber: ReadonlyMap<number, RoomId> } | null = null;

  constructor(storage: DeviceStorage, store: SearchStore, me: MemberId) {
    this.#storage = storage;
    this.#store = store;
    this.#me = me;
  }

  /** `isStale` is asked between steps: true when nobody waits for the answer any more, which is then null. */
  async find(query: SearchQuery, isStale: () => boolean): Promise<Omit<SearchResult, 'left'> | null> {
    const asked = askedFor(query.text);
    const isNothing = asked.clues.length === 0 && (asked.pieces.length > 0 || !hasFilter(query));
    if (isNothing) return { hits: [], more: false };
    const waiting = await this.#waiting();
    const hits = query.kind === 'doc' ? [] : this.#own(query, asked, waiting);
    const seen = new Set<string>();
    // Nearly always the first few fit; more of them are looked up when they did not.
    const rounds = [2 * query.limit + readAtOnce, (query.limit + 1) * patience];
    let found: { list: Candidate[]; more: boolean } = { list: [], more: true };
    for (const most of rounds) {
      if (!found.more || hits.length > query.limit) break;
      found = await this.#candidates(query, asked, most);
      for (let at = 0; at < found.list.length && hits.length <= query.limit; at += readAtOnce) {
        const batch = found.list.slice(at, at + readAtOnce).filter((each) => {
          // What was edited is in the index twice.
          const place = `${each.number} ${each.seq}`;
          return !seen.has(place) && seen.add(place);
        });
        if (isStale()) return null;
        const read = query.kind === 'doc' ? await this.#docs(batch) : await this.#messages(batch, waiting);
        hits.push(...read.filter((hit): hit is Hit => hit !== null && fits(hit, query, asked)));
      }
    }
    return { hits: hits.slice(0, query.limit), more: hits.length > query.limit || found.more };
  }

  /** The newest candidates of all segments. */
  async #candidates(
    query: SearchQuery,
    asked: Asked,
    most: number,
  ): Promise<{ list: Candidate[]; more: boolean }> {
    return this.#store.read(async (tx) => {
      const state = (await tx.objectStore('state').get('state')) ?? emptyState;
      const names = await this.#roomsOf(tx, state.roomsVersion);
      let room: number | null = null;
      if (query.room !== null) {
        room = (await tx.objectStore('rooms').get(query.room))?.number ?? null;
        if (room === null) return { list: [], more: false };
      }
      const clues = cluesOf(query, asked, room);
      const infos = await Promise.all(state.segments.map((id) => this.#infoOf(tx, id)));
      for (const id of this.#infos.keys()) if (!state.segments.includes(id)) this.#infos.delete(id);
      const streams = await Promise.all(
        infos.map(async (info) => new Stream(tx, info, await candidates(tx, info, clues), query)),
      );
      for (const stream of streams) await stream.begin();
      const list: Candidate[] = [];
      for (;;) {
        let newest: Stream | null = null;
        for (const stream of streams)
          if (stream.now && (!newest || stream.now.at > newest.now!.at)) newest = stream;
        if (!newest) return { list, more: false };
        if (list.length === most) return { list, more: true };
        const { number, seq, at } = newest.now!;
        const name = names.get(number);
        if (name) list.push({ room: name, number, seq, at });
        if (newest.step()) await newest.fetch();
      }
    });
  }

  async #roomsOf(tx: IndexTx, version: number): Promise<ReadonlyMap<number, RoomId>> {
    if (this.#rooms?.version !== version) {
      const rooms = await tx.objectStore('rooms').getAll();
      this.#rooms = { version, byNumber: new Map(rooms.map(({ number, room }) => [number, room])) };
    }
    return this.#rooms.byNumber;
  }

  async #infoOf(tx: IndexTx, id: number): Promise<SegmentInfo> {
    const known = this.#infos.get(id) ?? (await tx.objectStore('segments').get(id))!;
    this.#infos.set(id, known);
    return known;
  }

  async #waiting(): Promise<Waiting> {
    const messages: OutboxRecord[] = [];
    const changes = new Map<CommandId, OutboxRecord[]>();
    for (const record of await this.#storage.outbox.all()) {
      if (record.failure || parseRoom(record.room)?.kind !== 'chat') continue;
      // What the relay took comes as an entry.
      if (record.type === 'chat.send' && record.seq === null) messages.push(record);
      const target = messageMarks.targetOf(entryOf(record, Number.MAX_SAFE_INTEGER, this.#me));
      if (target) changes.set(target.id, [...(changes.get(target.id) ?? []), record]);
    }
    return { messages, changes };
  }

  #marksWith(id: CommandId, marks: MessageMarks | null, { changes }: Waiting): MessageMarks | null {
    return (changes.get(id) ?? []).reduce<MessageMarks | null>(
      (folded, record, i) =>
        messageMarks.fold(folded, entryOf(record, Number.MAX_SAFE_INTEGER - 1_000 + i, this.#me)),
      marks,
    );
  }

  /** Own messages that no relay has. The newest first. */
  #own(query: SearchQuery, asked: Asked, waiting: Waiting): Hit[] {
    const hits: Hit[] = [];
    for (const { id, room, type, data, at } of waiting.messages.toReversed()) {
      const entry = { id, seq: 0, type, data, at, by: this.#me };
      const contents = contentsOf(entry, this.#marksWith(id, null, waiting));
      const hit = contents && { room, seq: null, id, title: '', ...contents };
      if (hit && fits(hit, query, asked)) hits.push(hit);
    }
    return hits;
  }

  async #messages(batch: readonly Candidate[], waiting: Waiting): Promise<(Hit | null)[]> {
    const found = await this.#storage.rooms.single(batch);
    return found.map((each, i) => {
      if (!each) return null;
      const { entry, marks } = each;
      const contents = contentsOf(entry, this.#marksWith(entry.id, marks as MessageMarks | null, waiting));
      const { id, seq } = entry;
      return contents && { room: batch[i]!.room, seq, id, title: '', ...contents };
    });
  }

  async #docs(batch: readonly Candidate[]): Promise<(Hit | null)[]> {
    const [texts, abouts] = await Promise.all([
      this.#store.read((tx) => Promise.all(batch.map(({ number }) => tx.objectStore('texts').get(number)))),
      this.#storage.rooms.some(batch.map(({ room }) => partOf(room, 'about'))),
    ]);
    return batch.map(({ room, seq, at }, i) => {
      const text = texts[i];
      const state = abouts[i]?.state as DocState | undefined;
      if (!text || !state?.created || state.deleted) return null;
      return {
        room,
        seq,
        id: null,
        by: state.created.by,
        name: null,
        at,
        title: state.title,
        text: text.text,
        files: [],
      };
    });
  }
}

const hasFilter = ({ room, by, from, to }: SearchQuery): boolean =>
  room !== null || by !== null || from !== null || to !== null;

function fits(hit: Hit, { kind, room, by, from, to }: SearchQuery, asked: Asked): boolean {
  if (room !== null && hit.room !== room) return false;
  if (by !== null && hit.by !== by) return false;
  if ((from !== null && hit.at < from) || (to !== null && hit.at >= to)) return false;
  if (kind === 'file') return hit.files.some((name) => isIn(name, asked));
  if (kind === 'doc') return isIn(`${hit.title}\n${hit.text}`, asked);
  return hit.text.trim() !== '' && isIn(hit.text, asked);
}

/** The candidates of one segment, newest first, within the time asked for. */
class Stream {
  readonly #tx: IndexTx;
  readonly #info: SegmentInfo;
  readonly #numbers: Uint32Array;
  readonly #from: number;
  readonly #to: number;
  #next = 0;
  #block = -1;
  #units: Units | null = null;
  now: { readonly number: number; readonly seq: number; readonly at: number } | null = null;

  constructor(tx: IndexTx, info: SegmentInfo, numbers: Uint32Array, { from, to }: SearchQuery) {
    this.#tx = tx;
    this.#info = info;
    this.#numbers = numbers;
    this.#from = from ?? 0;
    this.#to = to ?? Number.POSITIVE_INFINITY;
  }

  async begin(): Promise<void> {
    // Blocks that are all too new are not read.
    const first = firstBlockWith(this.#info, this.#to) * unitsInBlock;
    while (this.#next < this.#numbers.length && this.#numbers[this.#next]! < first) this.#next += 1;
    if (this.step()) await this.fetch();
  }

  /** True when the units of the next one have to be fetched. */
  step(): boolean {
    for (;;) {
      this.now = null;
      const number = this.#numbers[this.#next];
      if (number === undefined) return false;
      const block = blockOf(number);
      if (block !== this.#block || !this.#units) return true;
      this.#next += 1;
      const i = number - block * unitsInBlock;
      const at = this.#units.at[i]!;
      if (at >= this.#to) continue;
      if (at < this.#from) {
        this.#next = this.#numbers.length;
        return false;
      }
      this.now = { number: this.#units.room[i]!, seq: this.#units.seq[i]!, at };
      return false;
    }
  }

  async fetch(): Promise<void> {
    do {
      this.#block = blockOf(this.#numbers[this.#next]!);
      const bytes = await this.#tx.objectStore('units').get([this.#info.id, this.#block]);
      if (!bytes) throw new Error('a block of the index is missing');
      this.#units = unitsIn(bytes);
    } while (this.step());
  }
}
