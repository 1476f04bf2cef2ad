import type { EntryTarget, LogEntry } from '../../../shared/access/kind.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import { customerOfRoom } from '../projection/customer-lines.ts';
import type { CustomerLine, DeviceStorage, OutboxRecord, RoomRecord } from '../storage/contract.ts';
import type { Timers } from '../sync/contract.ts';
import type { LogWindow } from './log-view.svelte.ts';
import { nothingUnsent, readUnsent, roomsLeft, withCommands, type Unsent } from './queue.ts';

/** What changes in lists while much is said is shown so often at most. Milliseconds. */
const between = 80;
/** From the list of customers until the rest is read: time to draw it. Milliseconds. */
const beforeRest = 60;

type Ahead = ReadonlyMap<string, CustomerLine>;
const none: Ahead = new Map();

/** What this device holds, as signals: read once at the start, then again as far as notes name it. */
export class DeviceView {
  readonly #storage: DeviceStorage;
  readonly #timers: Timers;
  readonly #caught: (error: unknown) => void;
  readonly #logs = new Set<LogWindow>();
  #records = $state.raw<ReadonlyMap<RoomId, RoomRecord>>(new Map());
  #unsent = $state.raw<Unsent>(nothingUnsent);
  /** Of customers whose rooms are not read yet, by their ids; undefined before anything is read. */
  #ahead = $state.raw<Ahead | undefined>(undefined);
  #dirty = new Set<RoomId>();
  #refreshing: Promise<void> | null = null;
  /** Something is to be read; `now` when somebody looks at just that, `soon` when others have to be gathered first. */
  #wanted: 'now' | 'soon' | null = null;
  #isGathering = false;

  constructor(storage: DeviceStorage, timers: Timers, caught: (error: unknown) => void) {
    this.#storage = storage;
    this.#timers = timers;
    this.#caught = caught;
  }

  get records(): ReadonlyMap<RoomId, RoomRecord> {
    return this.#records;
  }

  /** Customers of whom only this is known yet; undefined before anything is read. */
  get ahead(): Ahead | undefined {
    return this.#ahead;
  }

  get unsent(): Unsent {
    return this.#unsent;
  }

  /** A command that was just stored, shown before the next read. */
  add(...commands: readonly OutboxRecord[]): void {
    this.#unsent = { ...this.#unsent, outbox: [...this.#unsent.outbox, ...commands] };
  }

  /** An entry of an open log; undefined where none shows it. */
  entry(room: RoomId, target: EntryTarget): LogEntry | null | undefined {
    for (const log of this.#logs) if (log.room === room) return log.find(target);
    return undefined;
  }

  show(log: LogWindow): void {
    this.#logs.add(log);
    const known = this.#records.get(log.room);
    if (!known) return this.touch([log.room]);
    // What is known of the room is enough to begin with; what came since is read behind it.
    log
      .begin(known)
      .catch((error: unknown) => this.#caught(error))
      .finally(() => this.touch([log.room]));
  }

  hide(log: LogWindow): void {
    this.#logs.delete(log);
  }

  /** There is another database now: nothing known of the old one counts. */
  forget(): void {
    this.#records = new Map();
  }

  /** Rejects when the database cannot be read. `customersFirst`: what their list shows is there long before the rest. */
  async load(customersFirst = false): Promise<void> {
    if (customersFirst) await this.#loadAhead();
    const [records, unsent] = await Promise.all([this.#storage.rooms.all(), readUnsent(this.#storage)]);
    this.#take(records);
    this.#ahead = none;
    this.#unsent = unsent;
  }

  /** Where that is quicker than everything; resolves when it is time for the rest. */
  async #loadAhead(): Promise<void> {
    const [start, unsent] = await Promise.all([this.#storage.rooms.start(), readUnsent(this.#storage)]);
    if (!start) return;
    this.#take(start.records);
    this.#ahead = new Map(start.lines.map((line) => [line.id, line] as const));
    this.#unsent = unsent;
    // What this person did with them and the relay has not answered stands in their rooms.
    this.touch([...new Set(unsent.outbox.map(({ room }) => room))]);
    await new Promise<void>((resolve) => void this.#timers.after(beforeRest, resolve));
  }

  /** What was patched while they were read is newer than what was read. */
  #take(records: readonly RoomRecord[]): void {
    this.#records = new Map([...records.map((record) => [record.room, record] as const), ...this.#records]);
  }

  /** Reads these rooms again, and what is not sent in any case. `own`: this tab changed them, which it says at once. */
  touch(rooms: readonly RoomId[], own = false): void {
    for (const room of rooms) this.#dirty.add(room);
    const isLookedAt = own || rooms.length === 0 || [...this.#logs].some(({ room }) => rooms.includes(room));
    if (isLookedAt || !this.#isGathering) this.#wanted = 'now';
    else this.#wanted ??= 'soon';
    this.#go();
  }

  #go(): void {
    if (this.#refreshing || this.#wanted !== 'now') return;
    this.#refreshing = this.#refresh()
      .catch((error: unknown) => this.#caught(error))
      .finally(() => {
        this.#refreshing = null;
        // Touched after the last look at it.
        this.#go();
      });
  }

  /** From now on lists wait for each other. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#timers.after(between, () => {
      this.#isGathering = false;
      if (this.#wanted) this.#wanted = 'now';
      this.#go();
    });
  }

  async #refresh(): Promise<void> {
    while (this.#wanted === 'now') {
      this.#wanted = null;
      this.#gather();
      const rooms = [...this.#dirty];
      this.#dirty = new Set();
      try {
        await this.#read(rooms);
      } catch (error) {
        // They are read with the next note, when the database works again.
        for (const room of rooms) this.#dirty.add(room);
        throw error;
      }
    }
  }

  /**
   * Reads rooms and shows all of it at one moment. A command leaves the outbox in the transaction that writes its entry,
   * so the outbox is read first and the rooms of what left it are read after: in the other order an own room or message
   * would be gone for a moment.
   */
  async #read(named: readonly RoomId[]): Promise<void> {
    const storage = this.#storage;
    const before = this.#unsent;
    let unsent = await readUnsent(storage);
    let rooms = this.#withAhead([...new Set([...named, ...roomsLeft(before, unsent)])]);
    const found = new Map<RoomId, RoomRecord | null>();
    let shows: readonly (() => void)[] = [];
    while (rooms.length > 0) {
      const records = await storage.rooms.some(rooms);
      rooms.forEach((room, i) => found.set(room, records[i] ?? null));
      const views = [...this.#logs].filter((view) => found.has(view.room));
      shows = await Promise.all(views.map((view) => view.prepare(found.get(view.room) ?? null)));
      const earlier = unsent;
      unsent = await readUnsent(storage);
      rooms = this.#withAhead(roomsLeft(earlier, unsent));
    }
    if (found.size > 0) {
      const next = new Map(this.#records);
      for (const [room, record] of found) {
        if (record) next.set(room, record);
        else next.delete(room);
      }
      this.#records = next;
      this.#leaveAhead(found.keys());
    }
    for (const show of shows) show();
    // Enqueued here while this read ran; the next round knows more.
    const since = this.#unsent.outbox.filter((command) => !before.outbox.includes(command));
    this.#unsent = withCommands(unsent, since);
  }

  /** Of a customer of whom only the line is known, all rooms are read with one of them. */
  #withAhead(rooms: readonly RoomId[]): RoomId[] {
    const ahead = this.#ahead;
    if (!ahead?.size) return [...rooms];
    return [...new Set(rooms.flatMap((room) => [room, ...(customerOfRoom(room)?.rooms ?? [])]))];
  }

  #leaveAhead(read: Iterable<RoomId>): void {
    if (!this.#ahead?.size) return;
    const left = new Map(this.#ahead);
    for (const room of read) left.delete(customerOfRoom(room)?.id ?? '');
    this.#ahead = left;
  }
}
