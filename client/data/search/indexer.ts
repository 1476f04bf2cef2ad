import type { EntryTarget, LogEntry } from '../../../shared/access/kind.ts';
import { newId, type CommandId, type RoomId } from '../../../shared/base/ids.ts';
import type { MessageMarks } from '../../../shared/features/chat/marks.ts';
import type { DocState } from '../../../shared/features/docs/schema.ts';
import { parseRoom, partOf } from '../../../shared/protocol/rooms.ts';
import type { DeviceStorage, RoomRecord } from '../storage/contract.ts';
import { Builder } from './builder.ts';
import { contentsOf } from './contents.ts';
import { docText } from './doc-text.ts';
import { changedBy, governed, heldOf } from './held.ts';
import { kindKey, personKey, roomKey, tellTokens } from './keys.ts';
import { mergeSegments, type SegmentSource } from './merge.ts';
import { has, lacking, lengthOf, withRun, type Run } from './runs.ts';
import { BlockReader, blocksOf, type SegmentInfo } from './segment.ts';
import {
  Blocks,
  emptyState,
  type Change,
  type IndexedRoom,
  type IndexedText,
  type IndexState,
  type SearchStore,
} from './store.ts';
import { fanIn, runsIn, toMerge } from './tiers.ts';
import { Turns } from './turns.ts';

export interface IndexerParts {
  readonly storage: DeviceStorage;
  readonly store: SearchStore;
  /** How far it is changed; `left` messages are on the device and not in the index. */
  readonly progress: (left: number) => void;
  readonly bounds?: IndexBounds;
  /** Who is first on this thread; without them nobody is. */
  readonly turns?: Turns;
}

export interface IndexBounds {
  /** A segment is written when so many units or tokens are in memory. */
  readonly units: number;
  readonly tokens: number;
  /** Smaller segments are written anew with what comes, so that single messages do not make many. */
  readonly tail: number;
  /** Segments of more units are written as several. */
  readonly most: number;
}

const usualBounds: IndexBounds = { units: 20_000, tokens: 500_000, tail: 1_024, most: 131_072 };

/** Entries read at once, and taken up without a look at what else there is to do. */
const piece = 500;
const inOneGo = 50;
/** Without a pause nobody else on this thread gets an answer. Milliseconds. */
const stretch = 10;
/** Bytes of a segment under way that wait in memory: whoever asks waits while they are written. */
const mostWaiting = 500_000;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * Keeps the index equal to the device's copy: it compares what rooms hold with what is indexed of them, and reads the
 * difference. So nothing is lost by a note that was not heard or a tab that was closed; and what is stored does not wait
 * for being indexed. Only one of them may run for one index.
 */
export class Indexer {
  readonly #storage: DeviceStorage;
  readonly #store: SearchStore;
  readonly #progress: (left: number) => void;
  readonly #bounds: IndexBounds;
  readonly #turns: Turns;
  #state: IndexState = emptyState;
  readonly #rooms = new Map<RoomId, IndexedRoom>();
  readonly #infos = new Map<number, SegmentInfo>();
  readonly #numbers = new Set<number>();
  #builder = new Builder();
  /** What goes to the disk with the units in memory. */
  readonly #changedRooms = new Map<RoomId, IndexedRoom | null>();
  readonly #texts = new Map<number, IndexedText | null>();
  #dirty: Set<RoomId> | 'all' = 'all';
  #begun = false;
  #held = false;
  #stopped = false;
  #working: Promise<void> | null = null;
  #merging: Promise<void> | null = null;

  constructor({ storage, store, progress, bounds = usualBounds, turns = new Turns() }: IndexerParts) {
    this.#bounds = bounds;
    this.#turns = turns;
    this.#storage = storage;
    this.#store = store;
    this.#progress = progress;
  }

  /** Rooms that may have changed; without names all of them. */
  touch(rooms?: readonly RoomId[]): void {
    if (!rooms) this.#dirty = 'all';
    else if (this.#dirty !== 'all') for (const room of rooms) this.#dirty.add(room);
    this.#go();
  }

  /** While much is being stored, what is stored is not read. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.#go();
  }

  /** When everything is indexed and merged that was there when this was called. */
  async idle(): Promise<void> {
    while (this.#working ?? this.#merging) await (this.#working ?? this.#merging);
  }

  stop(): void {
    this.#stopped = true;
  }

  #go(): void {
    if (this.#working || this.#held || this.#stopped) return;
    if (this.#dirty !== 'all' && this.#dirty.size === 0) return;
    this.#working = this.#work()
      .catch(() => this.#failed())
      .finally(() => {
        this.#working = null;
        this.#go();
      });
  }

  /** The index is worth nothing: it is made again, at the next note of something stored. */
  async #failed(): Promise<void> {
    if (this.#stopped) return;
    await this.#merging;
    await this.#clear().catch(() => this.stop());
    this.#dirty = new Set();
    this.#begun = false;
  }

  async #clear(): Promise<void> {
    await this.#store.reset();
    this.#state = emptyState;
    this.#rooms.clear();
    this.#infos.clear();
    this.#numbers.clear();
    this.#changedRooms.clear();
    this.#texts.clear();
    this.#builder = new Builder();
  }

  async #begin(): Promise<void> {
    this.#begun = true;
    this.#dirty = 'all';
    this.#state = await this.#store.state();
    await this.#store.sweep(this.#state);
    for (const info of await this.#store.infos(this.#state.segments)) this.#infos.set(info.id, info);
    for (const room of await this.#store.rooms()) {
      this.#rooms.set(room.room, room);
      this.#numbers.add(room.number);
    }
  }

  async #work(): Promise<void> {
    if (!this.#begun) await this.#begin();
    const { epoch } = await this.#storage.meta.read();
    if (epoch !== this.#state.epoch) {
      // Another relay, or one that was restored: the same places may hold other messages.
      await this.#merging;
      await this.#clear();
      this.#state = { ...emptyState, epoch, made: newId() };
      this.#dirty = 'all';
    }
    const dirty = this.#dirty;
    this.#dirty = new Set();
    const { rooms } = this.#storage;
    const records = new Map<RoomId, RoomRecord | null>();
    if (dirty === 'all') {
      for (const room of this.#rooms.keys()) records.set(room, null);
      for (const record of await rooms.all()) records.set(record.room, record);
    } else {
      const named = [...new Set([...dirty].map(governed))];
      const found = await rooms.some(named);
      named.forEach((room, i) => records.set(room, found[i] ?? null));
    }
    await this.#take(records);
  }

  async #take(records: ReadonlyMap<RoomId, RoomRecord | null>): Promise<void> {
    const logs: RoomRecord[] = [];
    for (const [room, record] of records) {
      const name = parseRoom(room);
      if (!name || name.part !== null || (name.kind !== 'chat' && name.kind !== 'doc')) continue;
      if (!record) this.#drop(room);
      else if (name.kind === 'doc') await this.#takeText(record);
      else if (await this.#mustRead(record)) logs.push(record);
    }
    // What was said last is looked for first.
    logs.sort((a, b) => b.at - a.at);
    let left = logs.reduce((sum, record) => sum + lengthOf(this.#lackingOf(record)), 0);
    const read = (count: number): void => {
      left -= count;
      this.#progress(left);
    };
    for (const record of logs) {
      if (this.#stopped) return;
      await this.#takeLog(record, read);
    }
    await this.#flush();
    this.#progress(0);
    await this.#purge();
  }

  #lackingOf(record: RoomRecord): Run[] {
    return lacking(heldOf(record), this.#rooms.get(record.room)?.runs ?? []);
  }

  /** False when nothing of it is new. What is indexed of another log of that name is dropped. */
  async #mustRead(record: RoomRecord): Promise<boolean> {
    const known = this.#rooms.get(record.room);
    const isSame =
      !known || (lacking(known.runs, heldOf(record)).length === 0 && (await this.#endsSo(known)));
    if (!isSame) this.#drop(record.room);
    return this.#lackingOf(record).length > 0;
  }

  async #endsSo({ room, runs, last }: IndexedRoom): Promise<boolean> {
    const end = runs.at(-1)?.to ?? 0;
    const [entry] = await this.#storage.rooms.entries(room, end - 1, end);
    return entry?.id === last;
  }

  /** Nothing of it is found any more; and its words leave the disk, other than those of a text that is written on. */
  #drop(room: RoomId, goesOn = false): void {
    const known = this.#rooms.get(room);
    if (!known) return;
    const { number } = known;
    this.#rooms.delete(room);
    this.#numbers.delete(number);
    this.#changedRooms.set(room, null);
    this.#texts.set(number, null);
    const { roomsVersion, gone } = this.#state;
    this.#state = {
      ...this.#state,
      roomsVersion: roomsVersion + 1,
      gone: goesOn ? gone : [...gone, number],
    };
  }

  #number(): number {
    const number = this.#state.nextRoom;
    this.#numbers.add(number);
    this.#state = {
      ...this.#state,
      nextRoom: number + 1,
      roomsVersion: this.#state.roomsVersion + 1,
    };
    return number;
  }

  #note(room: IndexedRoom): void {
    this.#rooms.set(room.room, room);
    this.#changedRooms.set(room.room, room);
  }

  async #takeText(record: RoomRecord): Promise<void> {
    const { room } = record;
    const [about] = await this.#storage.rooms.some([partOf(room, 'about')]);
    const state = about?.state as DocState | undefined;
    if (!state?.created || state.deleted) return this.#drop(room);
    const known = this.#rooms.get(room);
    const version = `${record.cursor} ${record.at} ${about!.head}`;
    if (known?.last === version) return;
    const { updates } = await this.#storage.texts.read(room);
    let text: string;
    try {
      text = docText(updates.map(({ bytes }) => bytes));
    } catch {
      return; // damaged: it is fetched anew, and comes again
    }
    this.#drop(room, true);
    const number = this.#number();
    this.#texts.set(number, { title: state.title, text });
    this.#builder.unit(number, 0, Math.max(0, Math.floor(Math.max(record.at, about!.at))));
    tellTokens('doc', `${state.title}\n${text}`, this.#builder.token);
    this.#builder.token(kindKey('doc'));
    this.#builder.token(personKey(state.created.by));
    this.#note({ room, number, runs: [], last: version });
    if (this.#isFull()) await this.#flush();
  }

  /** From the newest back: what was said last is looked for first. */
  async #takeLog(record: RoomRecord, read: (count: number) => void): Promise<void> {
    const { room } = record;
    const ranges = this.#lackingOf(record);
    let known = this.#rooms.get(room) ?? { room, number: this.#number(), runs: [], last: null };
    this.#note(known);
    const marked = lengthOf(ranges) > piece / 10 ? new Set(await this.#storage.rooms.marked(room)) : null;
    const rest = this.#rest(null);
    for (const { from: first, to: end } of ranges.toReversed())
      for (let to = end; to > first; to -= piece) {
        const from = Math.max(first, to - piece);
        const entries = await this.#storage.rooms.entries(room, from, to);
        const marks = await this.#marksOf(room, entries, marked);
        // Given away or fetched anew since its record was read: the next note tells.
        if (this.#stopped || entries.length !== to - from || this.#rooms.get(room) !== known) return;
        const again = new Map<CommandId, EntryTarget>();
        for (const [i, entry] of entries.entries()) {
          if (i % inOneGo === 0) await rest();
          this.#add(known.number, entry, marks.get(entry.id) ?? null);
          const target = changedBy(entry);
          if (target && has(known.runs, target.seq)) again.set(target.id, target);
        }
        if (again.size > 0) await this.#addAgain(known, [...again.values()]);
        const isNewest = to >= (known.runs.at(-1)?.to ?? 0);
        const runs = withRun(known.runs, { from, to });
        known = { ...known, runs, last: isNewest ? entries.at(-1)!.id : known.last };
        this.#note(known);
        read(to - from);
        if (this.#isFull()) await this.#flush();
        await this.#release();
      }
  }

  /** Waits while the index has to stand back. */
  async #release(): Promise<void> {
    while (this.#held && !this.#stopped) await new Promise((resolve) => setTimeout(resolve, 200));
  }

  async #marksOf(
    room: RoomId,
    entries: readonly LogEntry[],
    marked: ReadonlySet<CommandId> | null,
  ): Promise<ReadonlyMap<CommandId, MessageMarks>> {
    const ids = entries.map(({ id }) => id).filter((id) => !marked || marked.has(id));
    if (ids.length === 0) return new Map();
    return (await this.#storage.rooms.marks(room, ids)) as ReadonlyMap<CommandId, MessageMarks>;
  }

  #add(number: number, entry: LogEntry, marks: MessageMarks | null): boolean {
    const contents = contentsOf(entry, marks);
    if (!contents) return false;
    const builder = this.#builder;
    builder.unit(number, entry.seq, Math.max(0, Math.floor(contents.at)));
    builder.token(roomKey(number));
    if (contents.by !== null) builder.token(personKey(contents.by));
    if (contents.text.trim() !== '') builder.token(kindKey('message'));
    if (contents.files.length > 0) builder.token(kindKey('file'));
    tellTokens('message', contents.text, builder.token);
    for (const name of contents.files) tellTokens('file', name, builder.token);
    return true;
  }

  /** What was edited stands in the index a second time, and the newer one counts; of what was recalled only its place. */
  async #addAgain({ room, number }: IndexedRoom, targets: readonly EntryTarget[]): Promise<void> {
    const found = await this.#storage.rooms.single(targets.map(({ seq }) => ({ room, seq })));
    for (const each of found)
      if (each && !this.#add(number, each.entry, each.marks as MessageMarks | null))
        this.#builder.unit(number, each.entry.seq, Math.max(0, Math.floor(each.entry.at)));
  }

  #isFull(): boolean {
    return this.#builder.units >= this.#bounds.units || this.#builder.size >= this.#bounds.tokens;
  }

  /** Writes what is in memory, and what is known of rooms with it. */
  async #flush(): Promise<void> {
    const builder = this.#builder;
    const rooms = [...this.#changedRooms];
    if (builder.units === 0 && rooms.length === 0) return;
    // What is merged is not written anew at the same time, and segments do not grow numerous faster than they merge.
    if (this.#merging && runsIn(this.#segments()) > 4 * fanIn) await this.#merging;
    const change: Omit<Change, 'state'> = {
      rooms: rooms.flatMap(([, room]) => room ?? []),
      goneRooms: rooms.flatMap(([name, room]) => (room ? [] : [name])),
      texts: [...this.#texts].flatMap(([number, text]) => (text ? [[number, text] as const] : [])),
      goneTexts: [...this.#texts].flatMap(([number, text]) => (text ? [] : [number])),
    };
    this.#changedRooms.clear();
    this.#texts.clear();
    if (builder.units === 0) return this.#write(change);
    this.#builder = new Builder();
    const tail = this.#tail();
    const joins = tail !== null && tail.units + builder.units <= this.#bounds.tail;
    const blocks = new Blocks();
    const info = await builder.write(this.#nextSegment(), blocks, this.#rest(joins ? null : blocks));
    if (!joins) {
      this.#state = { ...this.#state, segments: [...this.#state.segments, info.id] };
      await this.#write({ ...change, added: [info] }, blocks);
    } else {
      const both = new Blocks();
      const sources = [this.#store.source(tail), blocks.source(info)];
      const added = await this.#mergedOf(sources, both);
      const segments = [...this.#state.segments.slice(0, -1), ...added.map(({ id }) => id)];
      this.#state = { ...this.#state, segments };
      await this.#write({ ...change, added, dropped: [tail.id] }, both);
    }
    this.#merge();
  }

  /** Lets others on this thread have their turn, when it is time, and what is finished of `blocks` go to the disk. */
  #rest(blocks: Blocks | null): () => Promise<void> {
    let rested = performance.now();
    return async () => {
      if (this.#stopped) throw new Error('stopped');
      if (blocks && blocks.bytes > mostWaiting) await this.#store.writeBlocks(blocks.take());
      if (performance.now() - rested < stretch) return;
      await pause();
      await this.#turns.others();
      rested = performance.now();
    };
  }

  #mergedOf(sources: readonly SegmentSource[], sink: Blocks): Promise<SegmentInfo[]> {
    const lives = (room: number): boolean => this.#numbers.has(room);
    const rest = this.#rest(sink);
    return mergeSegments(sources, {
      newId: () => this.#nextSegment(),
      ...{ most: this.#bounds.most, lives, sink, rest },
    });
  }

  #nextSegment(): number {
    const id = this.#state.nextSegment;
    this.#state = { ...this.#state, nextSegment: id + 1 };
    return id;
  }

  /** The newest segment, where it is small and nobody merges it. */
  #tail(): SegmentInfo | null {
    const id = this.#state.segments.at(-1);
    const info = id === undefined ? undefined : this.#infos.get(id);
    return info && !this.#merging && info.units <= this.#bounds.tail ? info : null;
  }

  /** The state as it is now goes with it: transactions are done in the order they are begun. */
  async #write(change: Omit<Change, 'state'>, blocks?: Blocks): Promise<void> {
    for (const info of change.added ?? []) this.#infos.set(info.id, info);
    for (const id of change.dropped ?? []) this.#infos.delete(id);
    await this.#store.write({ ...change, state: this.#state }, blocks?.take());
  }

  /** Makes one of the newest segments, beside other work, when there are many of a size. */
  #merge(): void {
    if (this.#merging || this.#stopped) return;
    const infos = toMerge(this.#segments(), this.#bounds.tail);
    if (infos) this.#mergeBeside(infos);
  }

  #segments(): SegmentInfo[] {
    return this.#state.segments.map((id) => this.#infos.get(id)!);
  }

  #mergeBeside(infos: readonly SegmentInfo[]): void {
    this.#merging = this.#replace(infos)
      .then(() => {
        this.#merging = null;
        this.#merge();
      })
      .catch(() => {
        this.#merging = null;
        return this.#failed();
      });
  }

  /** Segments that stand side by side become one, at their place. */
  async #replace(infos: readonly SegmentInfo[]): Promise<void> {
    const blocks = new Blocks();
    const sources: SegmentSource[] = infos.map((info) => this.#store.source(info));
    const added = await this.#mergedOf(sources, blocks);
    await this.#store.writeBlocks(blocks.take());
    const dropped = infos.map((info) => info.id);
    const at = this.#state.segments.indexOf(dropped[0]!);
    const segments = [...this.#state.segments];
    segments.splice(at, dropped.length, ...added.map(({ id }) => id));
    this.#state = { ...this.#state, segments };
    await this.#write({ added, dropped });
  }

  /** Words of rooms that are gone leave the disk, too. */
  async #purge(): Promise<void> {
    const { gone } = this.#state;
    if (gone.length === 0) return;
    const keys = new Set(gone.map(roomKey));
    for (const id of this.#state.segments) {
      await this.#merging;
      const info = this.#infos.get(id);
      if (!info || this.#stopped || !(await this.#hasAny(info, keys))) continue;
      this.#mergeBeside([info]);
      await this.#merging;
    }
    this.#state = { ...this.#state, gone: this.#state.gone.filter((number) => !gone.includes(number)) };
    await this.#write({});
  }

  async #hasAny(info: SegmentInfo, keys: ReadonlySet<string>): Promise<boolean> {
    const range = blocksOf(info, 'r', 's');
    if (!range) return false;
    for (const block of await this.#store.source(info).postings(range[0], range[1] + 1)) {
      const reader = new BlockReader(block);
      for (let next = reader.next(); next; next = reader.next()) if (keys.has(next.token)) return true;
    }
    return false;
  }
}
