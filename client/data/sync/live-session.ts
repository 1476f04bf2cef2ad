import type { Failure } from '../../../shared/base/errors.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import type { CommandResult, Row, Welcome } from '../../../shared/protocol/messages.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { partOf } from '../../../shared/protocol/rooms.ts';
import { journalAge, type RoomRecord, type Stored } from '../storage/contract.ts';
import { listChanges, pull, roomsToPull, type PullEvents } from './catch-up.ts';
import type { Connection } from './connection.ts';
import type { EngineDeps } from './contract.ts';
import { BackFill } from './back-fill.ts';
import { BlobSender } from './blob-sender.ts';
import { InOrder } from './in-order.ts';
import { largestNote, sizeOf, type LeaderState } from './notes.ts';
import { OutboxSender } from './outbox-sender.ts';
import { Branches } from './branches.ts';
import { DamagedRooms } from './damaged-rooms.ts';
import { HandBack, keptUpTo, reclaimLeases } from './hand-back.ts';
import type { TextMerger } from './text-merger.ts';
import { TextSender } from './text-sender.ts';

/** Client ids to have ready for tabs and for time without a network. */
const leaseStock = 8;
/** How often a long connection looks at what it keeps to hand back. Milliseconds. */
const pruneEvery = 3_600_000;
/** How long what changed is gathered before it goes into what the next start reads. Milliseconds. */
const packAfter = 20_000;

export interface LiveEvents {
  /** Whether some page is known to show this text. */
  isWatched(room: RoomId): boolean;
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
  readonly #blobs: BlobSender;
  readonly #merger: TextMerger;
  readonly #handBack: HandBack;
  readonly #damaged: DamagedRooms;
  readonly #backFill: BackFill;
  /** Everything the relay gives or takes away, as it came. */
  readonly #order = new InOrder();
  /** Rows that came and are not stored; while catching up they wait, since they may follow what is still missing. */
  #rows: Row[] = [];
  #caughtUp = false;
  /** What this device writes may build on what it has still to hand back. */
  #mayWrite = false;
  /** Rooms of before a restore, until this connection has fetched what there is of them. */
  #awaited: ReadonlySet<RoomId> = new Set();
  /** Rooms that were taken away on this connection, and not fetched since. */
  readonly #wasLost = new Set<RoomId>();
  #storing = false;
  #leasing = false;
  #packing = false;

  constructor(
    deps: EngineDeps,
    connection: Connection,
    welcome: Welcome,
    merger: TextMerger,
    events: LiveEvents,
  ) {
    this.#merger = merger;
    this.#deps = deps;
    this.#connection = connection;
    this.#welcome = welcome;
    this.#events = events;
    const { storage, timers, bus } = deps;
    this.#blobs = new BlobSender(connection, deps, events.run);
    this.#outbox = new OutboxSender(
      connection,
      storage,
      timers,
      welcome.lastCommand,
      () => this.#settled(),
      () => this.send(),
    );
    this.#handBack = new HandBack(connection, storage);
    this.#damaged = new DamagedRooms(storage, timers, {
      changed: (damaged) => events.state({ damaged }),
      ask: (rooms) => {
        if (!connection.ended) events.run(this.#pull(rooms));
      },
    });
    this.#backFill = new BackFill(connection, deps, this.#order, {
      progress: (filling) => events.state({ filling }),
      filled: (rooms) => {
        bus.post({ type: 'rooms', rooms });
        this.#packLater();
      },
    });
    const branches = new Branches(connection, storage, this.#order);
    this.#texts = new TextSender(connection, storage, timers, {
      isAwaited: (room) => this.#awaited.has(room),
      anew: async (room, failure) => {
        const done = await branches.anew(room, failure);
        if (done === true) this.#begunAnew(room);
        return done;
      },
      sent: (room) => bus.post({ type: 'sent', room }),
      refused: (room, failure) => this.#refused(room, failure),
      changed: () => bus.post({ type: 'queue' }),
      run: events.run,
    });
  }

  async start(): Promise<void> {
    const { storage } = this.#deps;
    const meta = await storage.meta.read();
    const { epoch } = this.#welcome;
    if (meta.epoch === null) await storage.meta.write({ epoch });
    else if (meta.epoch !== epoch) await this.#newEpoch(meta.epoch);
    this.#damaged.known(meta.damaged);
    this.#awaited = new Set((await storage.rooms.all()).flatMap(({ room, stale }) => (stale ? room : [])));
    // What the relay lost goes before what it never had, which may build on it.
    await this.#handBack.run();
    this.#mayWrite = true;
    this.send();
    await this.#catchUp();
  }

  /** First the ids, then the note of it: a device that stops in between does both again. */
  async #newEpoch(before: string): Promise<void> {
    const { storage, timers } = this.#deps;
    await reclaimLeases(this.#connection, storage, timers);
    await storage.rooms.newEpoch(this.#welcome.epoch, keptUpTo(this.#welcome, before));
    this.#deps.bus.post({ type: 'leases' });
  }

  /** Sends whatever waits: commands, then texts, then blobs; fills the stock of client ids. */
  send(): void {
    if (!this.#mayWrite) return;
    this.#events.run(this.#sendAll());
    this.#events.run(this.#fillLeases());
  }

  async #sendAll(): Promise<void> {
    await this.#outbox.flush();
    await this.#texts.flush();
    await this.#blobs.flush();
  }

  settle(result: CommandResult): void {
    this.#events.run(this.#outbox.settle(result));
  }

  receive(rows: readonly Row[]): void {
    this.#rows.push(...rows);
    if (this.#caughtUp) this.#events.run(this.#storeRows());
  }

  /** Fetches what was marked stale meanwhile; false while catching up, when that comes at its end. */
  async mend(): Promise<boolean> {
    if (this.#caughtUp) await this.#fetchStale();
    return this.#caughtUp;
  }

  async #fetchStale(): Promise<void> {
    const { storage } = this.#deps;
    const stale = (await storage.rooms.all()).flatMap((record) => (record.stale ? record.room : []));
    if (stale.length > 0) await this.#pull(stale);
  }

  async #pull(rooms: readonly RoomId[]): Promise<void> {
    const fetch = (some: readonly RoomId[]): Promise<void> =>
      pull(this.#connection, this.#deps.storage, some, this.#order, this.#pullEvents());
    await fetch(rooms);
    // Whoever is back in it may have been told so before it came, and nobody says that its read positions are there.
    const back = rooms.filter((room) => this.#wasLost.delete(room) && isConversation(room));
    if (back.length > 0) await fetch(back.map((room) => partOf(room, 'reads')));
    if (this.#caughtUp) this.#events.run(this.#backFill.run());
  }

  lost(room: RoomId): Promise<void> {
    this.#wasLost.add(room);
    const rooms = withParts(room);
    this.#rows = this.#rows.filter((row) => !rooms.includes(row.room));
    return this.#order.run(() => this.#forget(rooms));
  }

  async #forget(rooms: readonly RoomId[]): Promise<void> {
    await this.#deps.storage.rooms.forget(rooms, this.#deps.timers.now());
    this.#deps.bus.post({ type: 'lost', rooms });
    this.#deps.bus.post({ type: 'rooms', rooms });
    this.#deps.bus.post({ type: 'queue' });
  }

  async #catchUp(): Promise<void> {
    const { storage } = this.#deps;
    const { cursor } = await storage.meta.read();
    const changes = await listChanges(this.#connection, cursor);
    const listed = await roomsToPull(storage, changes.rooms);
    const rooms = [...new Set([...listed, ...this.#damaged.rooms])];
    if (rooms.length > 0) this.#events.state({ fetching: { done: 0, total: rooms.length } });
    await this.#pull(rooms);
    await storage.meta.write({ cursor: Math.max(cursor, changes.head), syncedAt: this.#deps.timers.now() });
    this.#caughtUp = true;
    this.#awaited = new Set();
    this.#events.state({ fetching: null, syncedAt: this.#deps.timers.now() });
    await this.#storeRows();
    await this.#recheck(new Set(rooms));
    await this.#fetchStale();
    // Texts that waited for rooms to arrive, and what the restored relay had lost.
    this.send();
    this.#events.run(this.#merger.sweep());
    this.#events.run(this.#prune());
    this.#events.run(this.#backFill.run());
    this.#packLater();
  }

  #packLater(): void {
    if (this.#packing) return;
    this.#packing = true;
    this.#deps.timers.after(packAfter, () => {
      this.#packing = false;
      if (!this.#connection.ended) this.#events.run(this.#deps.storage.rooms.pack());
    });
  }

  /** Drops what need not be handed back any more, by the relay's clock. */
  async #prune(): Promise<void> {
    const { storage, timers } = this.#deps;
    const { backedUp, now } = this.#welcome;
    await this.#handBack.dropArrived();
    await storage.journal.prune(backedUp, now - journalAge);
    timers.after(pruneEvery, () => {
      if (!this.#connection.ended) this.#events.run(this.#prune());
    });
  }

  /**
   * Rooms whose readers are named may have been lost while this device was away, and nobody tells what one may not read:
   * those that were not fetched just now are asked for once, which costs the relay nothing when nothing is new.
   */
  async #recheck(fetched: ReadonlySet<RoomId>): Promise<void> {
    const { storage } = this.#deps;
    const held = await storage.rooms.all();
    const doubtful = held.flatMap((record) =>
      record.cursor > 0 && !record.stale && !fetched.has(record.room) && namesReaders(record)
        ? [record.room]
        : [],
    );
    // Taken by the relay, but lost with its room before the entry came.
    const here = new Set(held.map(({ room }) => room));
    for (const { room, seq, failure } of await storage.outbox.all())
      if (seq !== null && !failure && !here.has(room) && !doubtful.includes(room)) doubtful.push(room);
    if (doubtful.length > 0) await this.#pull(doubtful);
  }

  /** Whether the relay took a command to this room since it was restored: then it has the room. */
  async #hasTaken(room: RoomId): Promise<boolean> {
    const waiting = await this.#deps.storage.outbox.all();
    return waiting.some((record) => record.room === room && record.seq !== null);
  }

  #pullEvents(): PullEvents {
    return {
      stored: (stored) => this.#tell(stored),
      missing: (rooms) => this.#forget(rooms.flatMap(withParts)),
      mayBeOnlyCopy: async (room) => !this.#handBack.isKnown(room) && !(await this.#hasTaken(room)),
      damaged: (rooms, came) => this.#damaged.note(rooms, came),
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
        const stored = await this.#order.run(() => this.#deps.storage.rooms.storeRows(rows, cursor));
        this.#tell(stored);
        if (stored.gaps.length > 0) {
          // Whoever comes into a conversation is told of it, not of its read positions.
          const rooms = stored.gaps.flatMap((room) =>
            isConversation(room) ? [room, partOf(room, 'reads')] : [room],
          );
          await this.#pull([...new Set(rooms)]);
          await this.#deps.storage.meta.write({ cursor });
        }
        const opened = rows.filter((row) => makesManager(row, this.#welcome.member));
        if (opened.length > 0) await this.#pull(opened.map(({ room }) => partOf(room, 'joins')));
      }
    } finally {
      this.#storing = false;
    }
  }

  #tell({ changed, updates, settled, replaced }: Stored): void {
    const { bus } = this.#deps;
    const unheard: RoomId[] = [];
    for (const { room, bytes } of updates)
      if (this.#events.isWatched(room) && sizeOf(bytes) <= largestNote)
        bus.post({ type: 'bytes', room, bytes, from: null });
      else unheard.push(room);
    this.#events.run(this.#merger.arrived(updates));
    if (unheard.length > 0) bus.post({ type: 'texts', rooms: unheard });
    if (changed.length > 0) {
      bus.post({ type: 'rooms', rooms: changed });
      this.#packLater();
    }
    if (settled.length > 0) bus.post({ type: 'queue' });
    if (replaced.length > 0) bus.post({ type: 'replaced', rooms: replaced });
  }

  /** Commands left the outbox: texts that waited for them may go. */
  #settled(): void {
    this.#deps.bus.post({ type: 'queue' });
    this.#events.run(this.#texts.flush());
    this.#events.run(this.#blobs.flush());
  }

  #refused(room: RoomId, failure: Failure): void {
    this.#deps.bus.post({ type: 'refused', room, failure });
    this.#begunAnew(room);
  }

  #begunAnew(room: RoomId): void {
    const { bus } = this.#deps;
    bus.post({ type: 'replaced', rooms: [room] });
    bus.post({ type: 'rooms', rooms: [room] });
    bus.post({ type: 'queue' });
  }

  /** A tab found every id of the stock in use. */
  needLease(): void {
    if (this.#mayWrite) this.#events.run(this.#fillLeases(true));
  }

  async #fillLeases(areAllTaken = false): Promise<void> {
    if (this.#leasing) return;
    this.#leasing = true;
    try {
      const have = await this.#deps.storage.leases.usable();
      if (have.length >= leaseStock && !areAllTaken) return;
      const count = areAllTaken ? leaseStock : leaseStock * 2 - have.length;
      const answer = await this.#connection.ask({ type: 'lease', count });
      if (answer.type !== 'leased') return;
      await this.#deps.storage.leases.add(answer.ids, answer.receipts);
      this.#deps.bus.post({ type: 'leases' });
    } finally {
      this.#leasing = false;
    }
  }
}

/** Whether it is for some alone, as conversations and the files of customers are. */
const namesReaders = ({ room, state }: RoomRecord): boolean => {
  const found = findRoom(room);
  if (found?.kind.class !== 'log' || found.name.part !== null || !found.kind.exists(state)) return false;
  return found.kind.readers(state) !== 'everyone';
};

const isConversation = (room: RoomId): boolean => {
  const found = findRoom(room);
  return found?.name.kind === 'chat' && found.name.part === null;
};

/** Whether it gives this person a part in running a group, and with it what only managers read. */
const makesManager = ({ room, bytes }: Row, me: MemberId): boolean =>
  isConversation(room) &&
  decodeLogRun(bytes).some(
    ({ type, data }) =>
      (type === 'chat.admin' || type === 'chat.transfer') && (data as { member?: unknown }).member === me,
  );

/** A conversation goes with its read positions and the requests to come in. */
const withParts = (room: RoomId): RoomId[] =>
  room.includes(':') ? [room] : [room, partOf(room, 'reads'), partOf(room, 'joins')];
