/* The newest candidates of all segments: of as few of them as possible, since together they have very many. */
import type { RoomId } from '../../../shared/base/ids.ts';
import { candidates, cluesOf } from './candidates.ts';
import type { SearchQuery } from './contract.ts';
import { unitsIn, unitsInBlock, type SegmentInfo, type Units } from './segment.ts';
import { emptyState, type IndexState, type IndexTx, type SearchStore } from './store.ts';
import type { Asked } from './words.ts';

/** The index says that it may fit. */
export interface Candidate {
  readonly room: RoomId;
  readonly number: number;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Proposed {
  /** Newest first. What was edited may be there twice. */
  readonly list: readonly Candidate[];
  /** There are older ones. */
  readonly more: boolean;
}

/** Blocks of units that stay in memory, of eight kilobytes each. */
const mostBlocks = 256;
/** Blocks of units that are read at once, of one segment. */
const ahead = 64;

export class Proposals {
  readonly #store: SearchStore;
  readonly #infos = new Map<number, SegmentInfo>();
  /** By segment and block, the longest unused first. */
  readonly #blocks = new Map<string, Units>();
  #made = '';
  #rooms: { readonly version: number; readonly byNumber: ReadonlyMap<number, RoomId> } | null = null;

  constructor(store: SearchStore) {
    this.#store = store;
  }

  async newest(query: SearchQuery, asked: Asked, most: number): Promise<Proposed> {
    return this.#store.read(async (tx) => {
      const { names, infos } = await this.#outline(tx);
      let room: number | null = null;
      if (query.room !== null) {
        room = (await tx.objectStore('rooms').get(query.room))?.number ?? null;
        if (room === null) return { list: [], more: false };
      }
      const clues = cluesOf(query, asked, room);
      const closed = infos.filter((info) => isWithin(info, query)).sort((a, b) => b.times[0]! - a.times[0]!);
      const streams: Stream[] = [];
      const list: Candidate[] = [];
      for (let opened = 1; ;) {
        let newest: Stream | null = null;
        for (const stream of streams)
          if (stream.now && (!newest || stream.now.at > newest.now!.at)) newest = stream;
        if (closed.length > 0 && (!newest || newest.now!.at <= closed[0]!.times[0]!)) {
          // Each time more of them: what is found seldom is soon looked for in all.
          const next = closed.splice(0, opened);
          opened *= 2;
          streams.push(
            ...(await Promise.all(
              next.map(async (info) => {
                const numbers = await candidates(tx, info, clues, query);
                return new Stream(info, numbers, query, (block) => this.#unitsOf(tx, info, block));
              }),
            )),
          );
          const since = sinceWhen(streams, most - list.length);
          await Promise.all(streams.map((stream) => stream.begin(since)));
          continue;
        }
        if (!newest) return { list, more: false };
        if (list.length === most) return { list, more: true };
        const { number, seq, at } = newest.now!;
        const name = names.get(number);
        if (name) list.push({ room: name, number, seq, at });
        if (newest.step()) await newest.fetch(sinceWhen(streams, most - list.length));
      }
    });
  }

  /** Reads what every question needs, before there is one. */
  async warm(): Promise<void> {
    await this.#store.read((tx) => this.#outline(tx));
  }

  async #outline(
    tx: IndexTx,
  ): Promise<{ names: ReadonlyMap<number, RoomId>; infos: readonly SegmentInfo[] }> {
    const state = (await tx.objectStore('state').get('state')) ?? emptyState;
    this.#forgetOthers(state);
    const names = await this.#roomsOf(tx, state.roomsVersion);
    const infos = await Promise.all(state.segments.map((id) => this.#infoOf(tx, id)));
    return { names, infos };
  }

  /** Of an index that was made anew the same ids say something else. */
  #forgetOthers({ made, segments }: IndexState): void {
    if (made !== this.#made) {
      this.#infos.clear();
      this.#blocks.clear();
      this.#rooms = null;
      this.#made = made;
    }
    for (const id of this.#infos.keys()) if (!segments.includes(id)) this.#infos.delete(id);
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

  async #unitsOf(tx: IndexTx, { id }: SegmentInfo, block: number): Promise<Units> {
    const key = `${id}.${block}`;
    let units = this.#blocks.get(key);
    if (!units) {
      const bytes = await tx.objectStore('units').get([id, block]);
      if (!bytes) throw new Error('a block of the index is missing');
      units = unitsIn(bytes);
    }
    this.#blocks.delete(key);
    this.#blocks.set(key, units);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= mostBlocks) break;
      this.#blocks.delete(oldest);
    }
    return units;
  }
}

const isWithin = ({ times, oldest }: SegmentInfo, { from, to }: SearchQuery): boolean =>
  times.length > 0 && (from === null || times[0]! >= from) && (to === null || oldest < to);

const blockOf = (number: number): number => Math.floor(number / unitsInBlock);

/** The newest `most` of all streams are not older, by what is known without reading where they stand. */
function sinceWhen(streams: readonly Stream[], most: number): number {
  const times = streams.flatMap((stream) => stream.notBefore(most));
  return times.sort((a, b) => b - a)[most - 1] ?? Number.NEGATIVE_INFINITY;
}

/** The candidates of one segment, newest first, within the time asked for. */
class Stream {
  readonly #info: SegmentInfo;
  readonly #numbers: Uint32Array;
  readonly #from: number;
  readonly #to: number;
  readonly #read: (block: number) => Promise<Units>;
  #units: ReadonlyMap<number, Units> = new Map();
  #next = 0;
  now: { readonly number: number; readonly seq: number; readonly at: number } | null = null;

  constructor(
    info: SegmentInfo,
    numbers: Uint32Array,
    { from, to }: SearchQuery,
    read: (block: number) => Promise<Units>,
  ) {
    this.#info = info;
    this.#numbers = numbers;
    this.#from = from ?? 0;
    this.#to = to ?? Number.POSITIVE_INFINITY;
    this.#read = read;
  }

  /** True when the units of the next one have to be fetched. */
  step(): boolean {
    for (;;) {
      this.now = null;
      const number = this.#numbers[this.#next];
      if (number === undefined) return false;
      const block = blockOf(number);
      const units = this.#units.get(block);
      if (!units) return true;
      this.#next += 1;
      const i = number - block * unitsInBlock;
      const at = units.at[i]!;
      if (at >= this.#to) continue;
      if (at < this.#from) {
        this.#next = this.#numbers.length;
        return false;
      }
      this.now = { number: units.room[i]!, seq: units.seq[i]!, at };
      return false;
    }
  }

  /** Of the next `most` the times before which none of them was. */
  notBefore(most: number): number[] {
    const { times, oldest } = this.#info;
    const next = this.#numbers.subarray(this.#next, this.#next + most);
    return Array.from(next, (number) => times[blockOf(number) + 1] ?? oldest);
  }

  async begin(since: number): Promise<void> {
    if (!this.now && this.step()) await this.fetch(since);
  }

  /** The next one, and those behind it that may be as new as `since`, as far as they are read at once. */
  async fetch(since: number): Promise<void> {
    do {
      const blocks = new Set<number>();
      for (let i = this.#next; i < this.#numbers.length && blocks.size < ahead; i++) {
        const block = blockOf(this.#numbers[i]!);
        if (blocks.size > 0 && this.#info.times[block]! < since) break;
        blocks.add(block);
      }
      const units = await Promise.all(Array.from(blocks, this.#read));
      this.#units = new Map(Array.from(blocks, (block, i) => [block, units[i]!]));
    } while (this.step());
  }
}
