import type { MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import { databaseName, openStorage } from '../storage/idb/open.ts';
import { searchName } from '../storage/idb/search-name.ts';
import { broadcastBus, type LeaderState, type Note } from '../sync/notes.ts';
import type { SearchQuery, SearchResult } from './contract.ts';
import { Indexer } from './indexer.ts';
import { Searcher } from './searcher.ts';
import { SearchStore } from './store.ts';
import { Turns } from './turns.ts';

/** Everything a worker has to be told; it must survive `postMessage`. */
export interface SearchConfig {
  readonly workspace: WorkspaceId;
  readonly member: MemberId;
}

/** Between what was stored and its being indexed, so that what comes together is read together. Milliseconds. */
const soon = 60;
/** What is written in a text comes by every key, and what was said long ago without a pause. */
const calmly = 2_000;

/**
 * Answers this tab's questions, and keeps the index while no other tab of the account does. Both beside the worker that
 * syncs: neither of them waits for the other.
 */
export class SearchHost {
  readonly #bus;
  readonly #storage;
  readonly #store;
  readonly #searcher;
  readonly #indexer;
  readonly #turns = new Turns();
  readonly #askers = new Map<string, number>();
  readonly #lock = new AbortController();
  readonly #waiting = new Set<RoomId>();
  /** Rooms of which pages asked for older entries, by the question. */
  readonly #fetching = new Map<string, RoomId>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When what waits is read. */
  #due = Number.POSITIVE_INFINITY;
  #indexes = false;
  /** Older entries are fetched, very many after each other. */
  #fills = false;
  #left = 0;

  constructor({ workspace, member }: SearchConfig) {
    const name = databaseName(workspace, member);
    this.#bus = broadcastBus(name);
    this.#storage = openStorage({ workspace, member });
    this.#store = new SearchStore(searchName(name));
    this.#searcher = new Searcher(this.#storage, this.#store, member);
    this.#indexer = new Indexer({
      storage: this.#storage,
      store: this.#store,
      progress: (left) => (this.#left = left),
      turns: this.#turns,
    });
    this.#bus.listen((note) => this.#hear(note));
    // What cannot be read now is told by the first question.
    this.#turns.first(() => this.#searcher.warm()).catch(() => undefined);
    void this.#index(name);
  }

  async find(query: SearchQuery, asker: string): Promise<SearchResult | null> {
    const turn = (this.#askers.get(asker) ?? 0) + 1;
    this.#askers.set(asker, turn);
    const isStale = (): boolean => this.#askers.get(asker) !== turn;
    const found = await this.#turns.first(() => this.#searcher.find(query, isStale));
    return found && { ...found, left: this.#left };
  }

  bytes(): Promise<number> {
    return this.#store.bytes();
  }

  async #index(name: string): Promise<void> {
    const run = (): Promise<void> => {
      this.#indexes = true;
      this.#bus.post({ type: 'ask-state' });
      this.#indexer.touch();
      return new Promise((ended) => this.#lock.signal.addEventListener('abort', () => ended()));
    };
    const locks: LockManager | undefined = navigator.locks;
    if (!locks) return run();
    await locks.request(`weft-search:${name}`, { signal: this.#lock.signal }, run);
  }

  #hear(note: Note): void {
    if (!this.#indexes) return;
    switch (note.type) {
      case 'rooms':
        return this.#touch(note.rooms, this.#fills ? calmly : soon);
      case 'bytes':
        return this.#touch([note.room], calmly);
      case 'texts':
      case 'replaced':
        return this.#touch(note.rooms, calmly);
      case 'history':
        this.#fetching.set(note.id, note.room);
        return;
      case 'history-answer':
        return this.#fetched(note.id);
      case 'evicted':
        return this.#indexer.touch();
      case 'state':
        return this.#hearState(note.state);
      default:
    }
  }

  #hearState({ fetching, filling }: LeaderState): void {
    this.#fills = filling !== null && filling.done < filling.total;
    this.#indexer.hold(fetching !== null || filling?.first === true);
  }

  #fetched(id: string): void {
    const room = this.#fetching.get(id);
    this.#fetching.delete(id);
    if (room) this.#touch([room], soon);
  }

  #touch(rooms: readonly RoomId[], after: number): void {
    for (const room of rooms) this.#waiting.add(room);
    const due = performance.now() + after;
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#due = Number.POSITIVE_INFINITY;
      const touched = [...this.#waiting];
      this.#waiting.clear();
      this.#indexer.touch(touched);
    }, after);
  }
}
