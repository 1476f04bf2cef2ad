import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness';
import * as Y from 'yjs';
import { failure, type Failure } from '../../../shared/base/errors.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { FailureError } from '../failure-error.ts';
import type { DeviceStorage } from '../storage/contract.ts';
import type { Timers } from '../sync/contract.ts';
import { largestNote, type Bus, type Note, type TabId } from '../sync/notes.ts';
import { mergeUpTo, upTo } from './merge.ts';
import type { TabLease } from './tab-lease.ts';

export interface TextDeps {
  readonly storage: DeviceStorage;
  readonly bus: Bus;
  readonly tab: TabId;
  readonly me: MemberId;
  readonly lease: TabLease;
  readonly timers: Timers;
  onProblem(problem: Failure): void;
  /** What was reported as damaged has been fetched again. */
  onMended(): void;
  /** An own change of the text is on this device's disk. */
  onStored?(room: RoomId): void;
}

/** Origin of everything that did not happen in this document: from storage, the relay or another tab. */
export const remote = 'remote';

/** Changes of one frame are stored together; a failed write is tried again. Milliseconds. */
const batchFor = 16;
const retryAfter = 2_000;
/** Pieces in storage from which it pays to merge them. */
const compactFrom = 64;

/**
 * One text open in this tab: there is at most one per room, since a client id may write in one Y.Doc only. Every change
 * is stored, then told to the others.
 */
export class TextSession {
  readonly room: RoomId;
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly #deps: TextDeps;
  readonly #changed: () => void;
  readonly #stop: (() => void)[] = [];
  #ready = false;
  #refused: Failure | null = null;
  #client: number | null = null;
  #pending = false;
  #closed = false;
  /** How often the text had begun anew when this document was loaded; −1 before. */
  #begun = -1;
  /** Pieces were dropped; it is locked until the whole text has come again. */
  #damaged = false;
  #buffer: Uint8Array[] = [];
  #writing: Promise<void> | null = null;
  #cancelBatch: (() => void) | null = null;

  /** `changed` is called whenever one of the getters may say something else. */
  constructor(deps: TextDeps, room: RoomId, changed: () => void) {
    this.#deps = deps;
    this.room = room;
    this.#changed = changed;
    this.doc.on('update', this.#onUpdate);
    this.awareness.on('update', this.#onAwareness);
    this.#stop.push(
      deps.bus.listen((note) => this.#hear(note)),
      deps.lease.onChange(() => this.#adoptLease()),
    );
  }

  get ready(): boolean {
    return this.#ready;
  }

  get locked(): Failure | null {
    if (this.#refused) return this.#refused;
    return this.#client === null ? failure('no-writing-id', 'this device holds no client id yet') : null;
  }

  get saved(): 'saving' | 'device' | 'relay' {
    if (this.#buffer.length > 0 || this.#writing) return 'saving';
    return this.#pending ? 'device' : 'relay';
  }

  /** Loads what this device has. What arrives meanwhile is applied as it comes: order does not matter to Yjs. */
  async load(): Promise<void> {
    await this.#deps.lease.acquire();
    const { updates, pending, begun } = await this.#deps.storage.texts.read(this.room);
    this.#begun = begun;
    const damaged: number[] = [];
    this.doc.transact(() => {
      for (const { key, bytes } of updates)
        try {
          Y.applyUpdate(this.doc, bytes, remote);
        } catch {
          damaged.push(key);
        }
    }, remote);
    this.#pending ||= pending;
    this.#ready = true;
    this.#adoptLease();
    this.#changed();
    if (damaged.length > 0) {
      const why = failure('device-damaged', `${damaged.length} unreadable pieces of ${this.room}`);
      // What is missing may have been written under any id of this device: writing on would use its clocks twice.
      this.#lock(why);
      await this.#deps.storage.texts.dropDamaged(this.room, damaged);
      this.#deps.bus.post({ type: 'refused', room: this.room, failure: why });
      await this.#deps.lease.replaceRetired();
      this.#deps.onProblem(why);
      this.#damaged = true;
      this.#deps.bus.post({ type: 'damaged' });
      // It may have been fetched between reading and marking.
      await this.#recover();
    } else if (updates.length >= compactFrom) {
      await this.#deps.storage.texts.compact(this.room, compactFrom);
    }
  }

  /** Resolves when every change made so far is stored on this device. */
  async flush(): Promise<void> {
    this.#cancelBatch?.();
    this.#cancelBatch = null;
    while (this.#buffer.length > 0 || this.#writing) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = null;
      });
      try {
        await this.#writing;
      } catch (error) {
        // Whoever asked is told; the change itself is tried again until it is kept.
        this.#cancelBatch ??= this.#deps.timers.after(retryAfter, () => this.#flushInBackground());
        throw error;
      }
    }
    this.#changed();
  }

  /** The browser threw the database away: what was written here is stored again, and sent as far as the relay lacks it. */
  storeAgain(): void {
    if (this.#client === null) return;
    const known = Y.decodeStateVector(Y.encodeStateVector(this.doc));
    known.set(this.#client, 0);
    this.#begun = 0;
    this.#buffer = [Y.diffUpdate(Y.encodeStateAsUpdate(this.doc), Y.encodeStateVector(known))];
    this.#cancelBatch ??= this.#deps.timers.after(batchFor, () => this.#flushInBackground());
    this.#changed();
  }

  announce(): void {
    if (this.awareness.getLocalState()) this.#tellAwareness([this.awareness.clientID]);
  }

  /** Call after `flush`. */
  destroy(): void {
    this.#closed = true;
    for (const stop of this.#stop) stop();
    this.awareness.setLocalState(null);
    this.doc.off('update', this.#onUpdate);
    this.awareness.destroy();
    this.doc.destroy();
  }

  readonly #onUpdate = (bytes: Uint8Array, origin: unknown): void => {
    if (origin === remote) return;
    this.#buffer.push(bytes);
    this.#cancelBatch ??= this.#deps.timers.after(batchFor, () => this.#flushInBackground());
    this.#changed();
  };

  #flushInBackground(): void {
    this.flush().catch((error: unknown) => {
      if (!(error instanceof FailureError)) throw error;
      this.#deps.onProblem(error.failure);
      this.#cancelBatch ??= this.#deps.timers.after(retryAfter, () => this.#flushInBackground());
    });
  }

  async #write(): Promise<void> {
    const batch = upTo(this.#buffer, mergeUpTo);
    this.#buffer = this.#buffer.slice(batch.length);
    const bytes = batch.length === 1 ? batch[0]! : Y.mergeUpdates(batch);
    const { storage, bus, tab, me, timers } = this.#deps;
    const begun = this.#begun;
    try {
      await storage.texts.append(this.room, bytes, me, timers.now(), begun);
    } catch (error) {
      // Later changes build on this one: it has to be stored before them.
      this.#buffer = [...batch, ...this.#buffer];
      throw error;
    }
    this.#pending = true;
    this.#deps.onStored?.(this.room);
    if (bytes.length <= largestNote)
      bus.post({ type: 'bytes', room: this.room, bytes: [bytes], from: tab, begun });
    else bus.post({ type: 'texts', rooms: [this.room] });
    bus.post({ type: 'rooms', rooms: [this.room] });
    bus.post({ type: 'queue' });
    bus.post({ type: 'wake' });
  }

  #hear(note: Note): void {
    switch (note.type) {
      case 'bytes':
        if (note.room !== this.room) return;
        if (note.begun === undefined || note.begun === this.#begun) this.#apply(note.bytes);
        else void this.#readAgain();
        return;
      case 'texts':
        if (note.rooms.includes(this.room)) void this.#readAgain();
        return;
      case 'awareness':
        if (note.room === this.room) applyAwarenessUpdate(this.awareness, note.bytes, remote);
        return;
      case 'watching':
        if (note.rooms.includes(this.room)) this.announce();
        return;
      case 'sent':
        if (note.room === this.room) void this.#checkPending();
        return;
      case 'refused':
        if (note.room !== this.room) return;
        this.#damaged ||= note.failure.code === 'device-damaged';
        this.#lock(note.failure);
        return;
      case 'rooms':
        if (this.#damaged && note.rooms.includes(this.room)) void this.#recover();
        return;
      case 'lost':
        if (note.rooms.includes(this.room))
          this.#lock(failure('forbidden', 'this text is no longer readable'));
        return;
      case 'state':
        if (note.state.connection === 'offline') this.#forgetOthers();
        return;
      default:
        return;
    }
  }

  #apply(updates: readonly Uint8Array[]): void {
    this.doc.transact(() => {
      for (const bytes of updates) Y.applyUpdate(this.doc, bytes, remote);
    }, remote);
    // Yjs draws another id when it meets what it did not know of its own: another copy of this device writes under it.
    // All ids of this device may be in two hands.
    if (this.#client !== null && this.doc.clientID !== this.#client) void this.#leaveId();
  }

  /**
   * Whether something stands in this text under the id that cannot be shown yet, since what it builds on was lost with a
   * restored relay: its clocks are used, though the document counts from before them.
   */
  #waitsFor(client: number): boolean {
    const waiting = this.doc.store.pendingStructs;
    return waiting !== null && Y.parseUpdateMetaV2(waiting.update).from.has(client);
  }

  /** It goes on under a new one; all ids are left where none are named. What was sent under them is judged by the relay. */
  async #leaveId(ids?: readonly number[]): Promise<void> {
    const { storage, lease } = this.#deps;
    this.#client = null;
    this.#changed();
    try {
      await storage.leases.retire(ids ?? (await storage.leases.all()));
      await lease.replaceRetired();
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      this.#deps.onProblem(error.failure);
      if (ids) return;
    }
    this.#adoptLease();
  }

  /** Applying what is here already changes nothing. */
  async #readAgain(): Promise<void> {
    // What cannot be read now is read when the text is opened next; storage reports its problems where it writes.
    const stored = await this.#deps.storage.texts.read(this.room).catch(() => null);
    if (!stored || this.#closed) return;
    try {
      this.#apply(stored.updates.map((update) => update.bytes));
    } catch {
      // Damage: `load` deals with it when the text is opened next.
    }
  }

  /** Goes on under another id as soon as the whole text is here again. */
  async #recover(): Promise<void> {
    const records = await this.#deps.storage.rooms.some([this.room]).catch(() => []);
    const [record] = records;
    if (!record || record.stale || record.cursor === 0 || !this.#damaged || this.#closed) return;
    this.#damaged = false;
    await this.#readAgain();
    await this.#deps.lease.replaceRetired();
    this.#refused = null;
    this.#client = null;
    this.#adoptLease();
    this.#deps.onMended();
    this.#changed();
  }

  #adoptLease(): void {
    const { client } = this.#deps.lease;
    // An open text keeps the id it has, whatever happens to the tab's.
    if (!this.#ready || this.#client !== null || client === null) return;
    if (this.#waitsFor(client)) return void this.#leaveId([client]);
    this.#client = client;
    this.doc.clientID = client;
    const state = this.awareness.getLocalState();
    this.awareness.setLocalState(null);
    this.awareness.clientID = client;
    this.awareness.setLocalState(state ?? {});
    this.#changed();
  }

  async #checkPending(): Promise<void> {
    const left = await this.#deps.storage.texts.pending(this.room).catch(() => null);
    if (left) this.#pending = left.length > 0;
    this.#changed();
  }

  #lock(why: Failure): void {
    this.#refused = why;
    this.#changed();
  }

  readonly #onAwareness = (
    { added, updated, removed }: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ): void => {
    if (origin === remote) return;
    const own = [...added, ...updated, ...removed].filter((client) => client === this.awareness.clientID);
    if (own.length > 0 && this.#client !== null) this.#tellAwareness(own);
  };

  #tellAwareness(clients: number[]): void {
    const bytes = encodeAwarenessUpdate(this.awareness, clients);
    this.#deps.bus.post({ type: 'awareness', room: this.room, bytes, from: this.#deps.tab });
  }

  #forgetOthers(): void {
    const others = [...this.awareness.getStates().keys()].filter(
      (client) => client !== this.awareness.clientID,
    );
    if (others.length > 0) removeAwarenessStates(this.awareness, others, remote);
  }
}
