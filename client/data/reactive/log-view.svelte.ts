import type { LogEntry } from '../../../shared/access/kind.ts';
import { failure, type Failure } from '../../../shared/base/errors.ts';
import { newId, type MemberId, type RoomId } from '../../../shared/base/ids.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { LogView, ViewEntry } from '../api.ts';
import { FailureError } from '../failure-error.ts';
import { entryOf, underWay } from '../projection/overlay.ts';
import type { DeviceStorage, OutboxRecord, RoomRecord } from '../storage/contract.ts';
import type { Timers } from '../sync/contract.ts';
import type { Bus } from '../sync/notes.ts';

export interface LogDeps {
  readonly storage: DeviceStorage;
  readonly bus: Bus;
  readonly timers: Timers;
  readonly me: MemberId;
  /** Reactive. */
  commands(room: RoomId): readonly OutboxRecord[] | undefined;
  onProblem(problem: Failure): void;
  onClose(view: LogWindow): void;
}

const firstPage = 100;
/** How long to wait for the leader's answer about older entries. Milliseconds. */
const historyDeadline = 10_000;

/** A window on the newest entries of a log that grows to both sides. */
export class LogWindow implements LogView {
  readonly room: RoomId;
  readonly #deps: LogDeps;
  #stored = $state.raw<readonly LogEntry[]>([]);
  #head = $state(0);
  #ready = $state(false);
  #olderFailure = $state.raw<Failure | null>(null);
  /** One change of the window after the other. */
  #work: Promise<void> = Promise.resolve();

  readonly entries: readonly ViewEntry[] = $derived.by(() => this.#withOwn());

  constructor(deps: LogDeps, room: RoomId) {
    this.#deps = deps;
    this.room = room;
  }

  get ready(): boolean {
    return this.#ready;
  }

  get complete(): boolean {
    const first = this.#stored[0];
    return first ? first.seq === 0 : this.#ready && this.#head === 0;
  }

  get olderFailure(): Failure | null {
    return this.#olderFailure;
  }

  /**
   * Reads what is new and returns how to show it: the caller shows everything that changed together at one moment, so
   * that an own message does not disappear between leaving the outbox and arriving as an entry.
   */
  async prepare(record: RoomRecord | null): Promise<() => void> {
    const head = record?.head ?? 0;
    const last = this.#stored.at(-1);
    const connects = last !== undefined && record !== null && last.seq + 1 >= record.from && last.seq < head;
    const from = connects ? last.seq + 1 : Math.max(record?.from ?? 0, head - firstPage);
    const news = await this.#deps.storage.rooms.entries(this.room, from, head);
    return () => {
      // Older entries may have been put before meanwhile; the end is only ever changed here.
      this.#stored = connects ? [...this.#stored, ...news] : news;
      this.#head = head;
      this.#ready = true;
    };
  }

  loadOlder(count = firstPage): Promise<void> {
    this.#work = this.#work.then(() => this.#loadOlder(count)).catch((error: unknown) => this.#failed(error));
    return this.#work;
  }

  async reach(seq: number): Promise<void> {
    for (;;) {
      const first = this.#stored[0]?.seq ?? 0;
      if (first <= seq) return;
      await this.loadOlder(first - seq + firstPage / 2);
      if ((this.#stored[0]?.seq ?? 0) >= first) return;
    }
  }

  close(): void {
    this.#deps.onClose(this);
  }

  #withOwn(): ViewEntry[] {
    const { me } = this.#deps;
    const commands = this.#deps.commands(this.room);
    const stored = this.#stored.map((entry): ViewEntry => ({ ...entry, delivery: 'stored', failure: null }));
    if (!commands) return stored;
    const here = new Set(this.#stored.slice(-commands.length - firstPage).map((entry) => entry.id));
    const queued = underWay(commands, this.#head);
    const own = commands
      .filter((command) => !here.has(command.id) && (command.failure || queued.includes(command)))
      .map((command, i): ViewEntry => ({
        ...entryOf(command, this.#head + i, me),
        delivery: command.failure ? 'failed' : 'queued',
        failure: command.failure,
      }));
    return [...stored, ...own];
  }

  async #loadOlder(count: number): Promise<void> {
    const first = this.#stored[0]?.seq ?? this.#head;
    if (first === 0) return;
    const { storage } = this.#deps;
    const from = Math.max(0, first - count);
    let [record] = await storage.rooms.some([this.room]);
    while (record && from < record.from) {
      const before = record.from;
      await this.#fetchHistory(before, Math.min(limits.history, Math.max(before - from, 200)));
      [record] = await storage.rooms.some([this.room]);
      if (record && record.from >= before) break;
    }
    const older = await storage.rooms.entries(this.room, Math.max(from, record?.from ?? 0), first);
    this.#olderFailure = null;
    if ((this.#stored[0]?.seq ?? this.#head) === first) this.#stored = [...older, ...this.#stored];
  }

  /** Asks the leader, which asks the relay and stores what it says. */
  #fetchHistory(before: number, limit: number): Promise<void> {
    const { bus, timers } = this.#deps;
    const id = newId();
    return new Promise((resolve, reject) => {
      const stop = bus.listen((note) => {
        if (note.type !== 'history-answer' || note.id !== id) return;
        finish();
        if (note.failure) reject(new FailureError(note.failure));
        else resolve();
      });
      const cancel = timers.after(historyDeadline, () => {
        finish();
        reject(new FailureError(failure('offline', 'no answer about older entries')));
      });
      const finish = (): void => {
        stop();
        cancel();
      };
      bus.post({ type: 'history', id, room: this.room, before, limit });
    });
  }

  #failed(error: unknown): void {
    if (!(error instanceof FailureError)) throw error;
    this.#olderFailure = error.failure;
    if (error.failure.code.startsWith('device-')) this.#deps.onProblem(error.failure);
  }
}
