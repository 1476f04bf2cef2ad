import { deleteDB, openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb';
import type { CommandId, RoomId } from '../../../shared/base/ids.ts';
import type { SegmentSource } from './merge.ts';
import type { Run } from './runs.ts';
import type { BlockSink, SegmentInfo } from './segment.ts';

/** Where the index stands. */
export interface IndexState {
  /** The relay's epoch of the copy it was made from; another one makes the index worthless. */
  readonly epoch: string | null;
  /** Tells this index from those before it: its segments have the same ids. Empty before the first is made. */
  readonly made: string;
  /** From the oldest to the newest. */
  readonly segments: readonly number[];
  readonly nextSegment: number;
  readonly nextRoom: number;
  /** Counts changes of which number stands for which room. */
  readonly roomsVersion: number;
  /** Numbers of rooms that are gone, whose units are still to be removed from segments. */
  readonly gone: readonly number[];
}

export const emptyState: IndexState = {
  epoch: null,
  made: '',
  segments: [],
  nextSegment: 1,
  nextRoom: 1,
  roomsVersion: 0,
  gone: [],
};

/** What of a room is in the index. */
export interface IndexedRoom {
  readonly room: RoomId;
  /** What stands for it in units. A room that is indexed anew gets another one, and its old units are nobody's. */
  readonly number: number;
  /** Logs: which entries. Texts: none. Ascending, apart from each other. */
  readonly runs: readonly Run[];
  /** Logs: the id of the newest of them, to know the log again. Texts: what tells one version from another. */
  readonly last: CommandId | string | null;
}

/** A text as it was indexed. */
export interface IndexedText {
  readonly title: string;
  readonly text: string;
}

interface SearchSchema extends DBSchema {
  state: { key: 'state'; value: IndexState };
  segments: { key: number; value: SegmentInfo };
  rooms: { key: RoomId; value: IndexedRoom };
  /** By segment and place. */
  units: { key: [number, number]; value: Uint8Array };
  postings: { key: [number, number]; value: Uint8Array };
  /** By the number of the room. */
  texts: { key: number; value: IndexedText };
}

/** Of how it is written. */
const version = 2;

const stores = ['state', 'segments', 'rooms', 'units', 'postings', 'texts'] as const;
type Stores = (typeof stores)[number][];
export type IndexTx = IDBPTransaction<SearchSchema, Stores, 'readonly'>;

/** What one step of indexing changes; all of it or nothing. */
export interface Change {
  readonly state: IndexState;
  readonly added?: readonly SegmentInfo[];
  readonly dropped?: readonly number[];
  readonly rooms?: readonly IndexedRoom[];
  readonly goneRooms?: readonly RoomId[];
  readonly texts?: readonly (readonly [number, IndexedText])[];
  readonly goneTexts?: readonly number[];
}

interface Block {
  readonly store: 'units' | 'postings';
  readonly key: [number, number];
  readonly bytes: Uint8Array;
}

const blocksOfSegment = (id: number): IDBKeyRange => IDBKeyRange.bound([id, 0], [id, Infinity]);

/**
 * The index on the disk, in a database of its own: it holds nothing that is not in the device's copy, so it may be thrown
 * away at any moment.
 */
export class SearchStore {
  readonly #name: string;
  #db: Promise<IDBPDatabase<SearchSchema>> | null = null;
  #closed = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** Rejects when the index cannot be read; throw it away then. */
  async read<T>(work: (tx: IndexTx) => Promise<T>): Promise<T> {
    const tx = (await this.#open()).transaction([...stores], 'readonly');
    tx.done.catch(() => undefined);
    return work(tx);
  }

  state(): Promise<IndexState> {
    return this.read(async (tx) => (await tx.objectStore('state').get('state')) ?? emptyState);
  }

  rooms(): Promise<IndexedRoom[]> {
    return this.read((tx) => tx.objectStore('rooms').getAll());
  }

  infos(ids: readonly number[]): Promise<SegmentInfo[]> {
    return this.read((tx) => Promise.all(ids.map(async (id) => (await tx.objectStore('segments').get(id))!)));
  }

  /** Of all segments. */
  bytes(): Promise<number> {
    return this.read(async (tx) => {
      const infos = await tx.objectStore('segments').getAll();
      return infos.reduce((sum, { bytes }) => sum + bytes, 0);
    });
  }

  async write(change: Change, blocks: readonly Block[] = []): Promise<void> {
    const tx = (await this.#open()).transaction([...stores], 'readwrite', { durability: 'relaxed' });
    tx.done.catch(() => undefined);
    for (const { store, key, bytes } of blocks) void tx.objectStore(store).put(bytes, key);
    for (const info of change.added ?? []) void tx.objectStore('segments').put(info, info.id);
    for (const id of change.dropped ?? []) {
      void tx.objectStore('segments').delete(id);
      void tx.objectStore('units').delete(blocksOfSegment(id));
      void tx.objectStore('postings').delete(blocksOfSegment(id));
    }
    for (const room of change.rooms ?? []) void tx.objectStore('rooms').put(room);
    for (const room of change.goneRooms ?? []) void tx.objectStore('rooms').delete(room);
    for (const [number, text] of change.texts ?? []) void tx.objectStore('texts').put(text, number);
    for (const number of change.goneTexts ?? []) void tx.objectStore('texts').delete(number);
    void tx.objectStore('state').put(change.state, 'state');
    await tx.done;
  }

  /** Blocks of a segment that counts only when its info is written. */
  async writeBlocks(blocks: readonly Block[]): Promise<void> {
    const tx = (await this.#open()).transaction(['units', 'postings'], 'readwrite', {
      durability: 'relaxed',
    });
    tx.done.catch(() => undefined);
    for (const { store, key, bytes } of blocks) void tx.objectStore(store).put(bytes, key);
    await tx.done;
  }

  /** Removes blocks of segments that were begun and never counted: nobody else writes now. */
  async sweep({ segments }: IndexState): Promise<void> {
    const tx = (await this.#open()).transaction(['units', 'postings'], 'readwrite');
    for (const name of ['units', 'postings'] as const) {
      let from = 0;
      for (const id of [...segments].sort((a, b) => a - b)) {
        if (id > from) void tx.objectStore(name).delete(IDBKeyRange.bound([from, 0], [id, 0], false, true));
        from = id + 1;
      }
      void tx.objectStore(name).delete(IDBKeyRange.lowerBound([from, 0]));
    }
    await tx.done;
  }

  source(info: SegmentInfo): SegmentSource {
    const range = (from: number, to: number): IDBKeyRange =>
      IDBKeyRange.bound([info.id, from], [info.id, to], false, true);
    return {
      info,
      units: (from, to) => this.read((tx) => tx.objectStore('units').getAll(range(from, to))),
      postings: (from, to) => this.read((tx) => tx.objectStore('postings').getAll(range(from, to))),
    };
  }

  /** Begins with an empty one. Rejects when it was taken away: what is there then is another's. */
  async reset(): Promise<void> {
    try {
      const tx = (await this.#open()).transaction([...stores], 'readwrite');
      tx.done.catch(() => undefined);
      for (const name of stores) void tx.objectStore(name).clear();
      await tx.done;
    } catch (error) {
      if (this.#closed) throw error;
      await this.#let();
      await deleteDB(this.#name);
    }
  }

  close(): void {
    this.#closed = true;
    void this.#let();
  }

  async #let(): Promise<void> {
    const opened = this.#db;
    this.#db = null;
    await opened?.then(
      (db) => db.close(),
      () => undefined,
    );
  }

  #open(): Promise<IDBPDatabase<SearchSchema>> {
    if (this.#closed) return Promise.reject(new Error('the index was closed'));
    if (this.#db) return this.#db;
    const opening = openDB<SearchSchema>(this.#name, version, {
      upgrade(db) {
        // What another version wrote is made anew, of what is on the device.
        for (const name of [...db.objectStoreNames]) db.deleteObjectStore(name);
        db.createObjectStore('state');
        db.createObjectStore('segments');
        db.createObjectStore('rooms', { keyPath: 'room' });
        db.createObjectStore('units');
        db.createObjectStore('postings');
        db.createObjectStore('texts');
      },
      // Signing out: nothing of it may come again.
      blocking: () => this.close(),
      terminated: () => (this.#db = null),
    });
    this.#db = opening;
    opening.catch(() => (this.#db = null));
    return opening;
  }
}

/** Keeps blocks in memory until they are taken. */
export class Blocks implements BlockSink {
  #blocks: Block[] = [];
  bytes = 0;

  units(segment: number, at: number, bytes: Uint8Array): void {
    this.#add({ store: 'units', key: [segment, at], bytes });
  }

  postings(segment: number, at: number, bytes: Uint8Array): void {
    this.#add({ store: 'postings', key: [segment, at], bytes });
  }

  take(): Block[] {
    const taken = this.#blocks;
    this.#blocks = [];
    this.bytes = 0;
    return taken;
  }

  /** What is here as a segment to read. */
  source(info: SegmentInfo): SegmentSource {
    const of = (store: Block['store']): Uint8Array[] =>
      this.#blocks
        .filter((block) => block.store === store && block.key[0] === info.id)
        .map(({ bytes }) => bytes);
    return {
      info,
      units: (from, to) => Promise.resolve(of('units').slice(from, to)),
      postings: (from, to) => Promise.resolve(of('postings').slice(from, to)),
    };
  }

  #add(block: Block): void {
    this.#blocks.push(block);
    this.bytes += block.bytes.length;
  }
}
