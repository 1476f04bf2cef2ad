import type { Failure } from '../../../shared/base/errors.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import type { CommandResult, Row, RoomContent, Welcome } from '../../../shared/protocol/messages.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { partOf } from '../../../shared/protocol/rooms.ts';
import type { Stored } from '../storage/contract.ts';
import { listChanges, pull, roomsToPull, type PullEvents } from './catch-up.ts';
import type { Connection } from './connection.ts';
import type { EngineDeps } from './contract.ts';
import type { LeaderState } from './notes.ts';
import { OutboxSender } from './outbox-sender.ts';
import { ownPartMissing } from './restored.ts';
import { TextSender } from './text-sender.ts';

/** Client ids to have ready for tabs and for time without a network. */
const leaseStock = 8;

export interface LiveEvents {
  state(change: Partial<LeaderState>): void;
  /** Runs work whose failure ends the connection, or is shown to the person. */
  run(work: Promise<void>): void;
}

/** What happens between a welcome and the end of that connection. */
export class LiveSession {
  readonly #deps: EngineDeps;
  readonly #connection: Connection;
  readonly #welcome: Welcome;
  readonly #events: LiveEvents;
  readonly #outbox: OutboxSender;
  readonly #texts: TextSender;
  /** Rows that came and are not stored; while catching up they wait, since they may follow what is still missing. */
  #rows: Row[] = [];
  #caughtUp = false;
  #storing = false;
  #leasing = false;
  #uploading = false;

  constructor(deps: EngineDeps, connection: Connection, welcome: Welcome, events: LiveEvents) {
    this.#deps = deps;
    this.#connection = connection;
    this.#welcome = welcome;
    this.#events = events;
    const { storage, timers, bus } = deps;
    this.#outbox = new OutboxSender(
      connection,
      storage,
      timers,
      welcome.lastCommand,
      () => this.#settled(),
      () => this.send(),
    );
    this.#texts = new TextSender(connection, storage, timers, {
      sent: (room) => bus.post({ type: 'sent', room }),
      refused: (room, failure) => this.#refused(room, failure),
      changed: () => bus.post({ type: 'queue' }),
      run: events.run,
    });
  }

  async start(): Promise<void> {
    const { storage } = this.#deps;
    const meta = await storage.meta.read();
    if (meta.epoch === null) await storage.meta.write({ epoch: this.#welcome.epoch });
    else if (meta.epoch !== this.#welcome.epoch) await storage.rooms.newEpoch(this.#welcome.epoch);
    this.send();
    await this.#catchUp();
  }

  /** Sends whatever waits: commands, then texts, then blobs; fills the stock of client ids. */
  send(): void {
    this.#events.run(this.#sendAll());
    this.#events.run(this.#fillLeases());
  }

  async #sendAll(): Promise<void> {
    await this.#outbox.flush();
    await this.#texts.flush();
    await this.#uploadBlobs();
  }

  settle(result: CommandResult): void {
    this.#events.run(this.#outbox.settle(result));
  }

  receive(rows: readonly Row[]): void {
    this.#rows.push(...rows);
    if (this.#caughtUp) this.#events.run(this.#storeRows());
  }

  async lost(room: RoomId): Promise<void> {
    const rooms = [room, ...(room.includes(':') ? [] : [partOf(room, 'reads')])];
    await this.#deps.storage.rooms.forget(rooms);
    this.#deps.bus.post({ type: 'lost', rooms });
    this.#deps.bus.post({ type: 'rooms', rooms });
    this.#deps.bus.post({ type: 'queue' });
  }

  async #catchUp(): Promise<void> {
    const { storage } = this.#deps;
    const { cursor } = await storage.meta.read();
    const changes = await listChanges(this.#connection, cursor);
    const rooms = await roomsToPull(storage, changes.rooms);
    if (rooms.length > 0) this.#events.state({ fetching: { done: 0, total: rooms.length } });
    await pull(this.#connection, storage, rooms, this.#pullEvents());
    await storage.meta.write({ cursor: Math.max(cursor, changes.head), syncedAt: this.#deps.timers.now() });
    this.#caughtUp = true;
    this.#events.state({ fetching: null, syncedAt: this.#deps.timers.now() });
    await this.#storeRows();
    await this.#recheck(new Set(rooms));
    // Texts that waited for rooms to arrive, and what the restored relay had lost.
    this.send();
  }

  /**
   * Rooms whose readers are named may have been lost while this device was away, and nobody tells what one may not read:
   * those that were not fetched just now are asked for once, which costs the relay nothing when nothing is new.
   */
  async #recheck(fetched: ReadonlySet<RoomId>): Promise<void> {
    const held = await this.#deps.storage.rooms.all();
    const doubtful = held.filter(({ room, cursor, stale }) => {
      if (cursor === 0 || stale || fetched.has(room)) return false;
      const found = findRoom(room);
      return found?.kind.class === 'log' && found.name.part === null && found.name.kind === 'chat';
    });
    if (doubtful.length === 0) return;
    await pull(
      this.#connection,
      this.#deps.storage,
      doubtful.map(({ room }) => room),
      this.#pullEvents(),
    );
  }

  #pullEvents(): PullEvents {
    return {
      stored: (stored) => this.#tell(stored),
      missing: async (rooms) => {
        for (const room of rooms) await this.lost(room);
      },
      refetched: (contents) => this.#handBack(contents),
      progress: (done, total) => {
        if (!this.#caughtUp) this.#events.state({ fetching: { done, total } });
      },
    };
  }

  /** One transaction for all that came meanwhile, one after the other. */
  async #storeRows(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    try {
      while (this.#rows.length > 0) {
        const rows = this.#rows;
        this.#rows = [];
        const cursor = rows.reduce((highest, row) => Math.max(highest, row.cursor), 0);
        const stored = await this.#deps.storage.rooms.storeRows(rows, cursor);
        this.#tell(stored);
        if (stored.gaps.length > 0) {
          await pull(this.#connection, this.#deps.storage, stored.gaps, this.#pullEvents());
          await this.#deps.storage.meta.write({ cursor });
        }
      }
    } finally {
      this.#storing = false;
    }
  }

  #tell({ changed, updates, settled }: Stored): void {
    const { bus } = this.#deps;
    for (const { room, bytes } of updates) bus.post({ type: 'bytes', room, bytes, from: null });
    if (changed.length > 0) bus.post({ type: 'rooms', rooms: changed });
    if (settled.length > 0) bus.post({ type: 'queue' });
  }

  async #handBack(contents: readonly RoomContent[]): Promise<void> {
    const { storage, member, timers } = this.#deps;
    const own = new Set(await storage.leases.all());
    for (const content of contents) {
      if (content.kind !== 'text') continue;
      const here = await storage.texts.read(content.room);
      const missing = ownPartMissing(
        here.updates.map((update) => update.bytes),
        content.updates,
        own,
      );
      if (missing) await storage.texts.append(content.room, missing, member, timers.now());
    }
  }

  /** Commands left the outbox: texts that waited for them may go. */
  #settled(): void {
    this.#deps.bus.post({ type: 'queue' });
    this.#events.run(this.#texts.flush());
  }

  #refused(room: RoomId, failure: Failure): void {
    this.#deps.bus.post({ type: 'refused', room, failure });
    this.#deps.bus.post({ type: 'queue' });
  }

  async #fillLeases(): Promise<void> {
    if (this.#leasing) return;
    this.#leasing = true;
    try {
      const have = await this.#deps.storage.leases.usable();
      if (have.length >= leaseStock) return;
      const answer = await this.#connection.ask({ type: 'lease', count: leaseStock * 2 - have.length });
      if (answer.type !== 'leased') return;
      await this.#deps.storage.leases.add(answer.ids);
      this.#deps.bus.post({ type: 'leases' });
    } finally {
      this.#leasing = false;
    }
  }

  async #uploadBlobs(): Promise<void> {
    if (this.#uploading) return;
    this.#uploading = true;
    const { storage, uploadBlob, bus } = this.#deps;
    try {
      for (const blob of await storage.blobs.queue()) {
        if (this.#connection.ended) return;
        if (blob.failure) continue;
        const outcome = await uploadBlob(blob);
        if (!outcome.ok && (outcome.error.code === 'room-not-found' || isTransient(outcome.error))) continue;
        // What the relay refused stays in the queue, with the reason, until the person dismisses it.
        await storage.blobs.mark(
          blob.room,
          blob.hash,
          outcome.ok ? { pending: false, failure: null } : { pending: true, failure: outcome.error },
        );
        bus.post({ type: 'queue' });
      }
    } finally {
      this.#uploading = false;
    }
  }
}

/** Worth another try by itself: at the next wake or connection. */
const isTransient = ({ code }: Failure): boolean =>
  code === 'offline' ||
  code === 'stopping' ||
  code === 'storage-failed' ||
  code === 'internal' ||
  code === 'too-many-requests';
