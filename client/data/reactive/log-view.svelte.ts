import { SvelteMap } from 'svelte/reactivity';
import type { EntryTarget, LogEntry, MarkRules } from '../../../shared/access/kind.ts';
import { failure, type Failure } from '../../../shared/base/errors.ts';
import { newId, type CommandId, type MemberId, type RoomId } from '../../../shared/base/ids.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import type { MessageMarks } from '../../../shared/features/chat/marks.ts';
import { importedIn } from '../../../shared/features/chat/messages.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { LogView, MarkedEntry, ViewEntry } from '../api.ts';
import { FailureError } from '../failure-error.ts';
import { overlaidMarks, touched, withMarks, type MarksById } from '../projection/marks.ts';
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
  /** The first entry that this person may know of. Reactive. */
  first(room: RoomId): number;
  onProblem(problem: Failure): void;
  onClose(view: LogWindow): void;
}

const firstPage = 100;
/** How long to wait for the leader's answer about older entries. Milliseconds. */
const historyDeadline = 10_000;
/** How far from where a target says its entry is looked for: a restored relay may have moved it a little. */
const nearby = 200;

/** A window on the newest entries of a log that grows to both sides. */
export class LogWindow implements LogView {
  readonly room: RoomId;
  readonly #deps: LogDeps;
  readonly #rules: MarkRules | undefined;
  #stored = $state.raw<readonly LogEntry[]>([]);
  #marks = $state.raw<MarksById>(new Map());
  #head = $state(0);
  /** Where the device's copy begins. */
  #from = $state(0);
  /** Entries outside the window that somebody asked for; null where there is none. */
  readonly #looked = new SvelteMap<CommandId, LogEntry | null>();
  readonly #looking = new Set<CommandId>();
  #ready = $state(false);
  #olderFailure = $state.raw<Failure | null>(null);
  /** One change of the window after the other. */
  #work: Promise<void> = Promise.resolve();

  readonly #own = $derived.by(() => this.#ownEntries());
  readonly #allMarks = $derived.by(() => {
    const sent = this.#own.filter(({ delivery }) => delivery === 'queued');
    return overlaidMarks(this.#rules, this.#marks, sent);
  });
  readonly entries: readonly ViewEntry[] = $derived.by(() => [
    ...this.#stored.map((entry) => this.#view(entry)),
    ...this.#own.map((entry) => ({ ...entry, ...this.#marked(entry) })),
  ]);
  readonly #byId = $derived(new Map(this.entries.map((entry) => [entry.id, entry])));

  constructor(deps: LogDeps, room: RoomId) {
    this.#deps = deps;
    this.room = room;
    const kind = findRoom(room)?.kind;
    this.#rules = kind?.class === 'log' ? kind.marks : undefined;
  }

  get ready(): boolean {
    return this.#ready;
  }

  get complete(): boolean {
    const first = this.#stored[0];
    const begin = this.#deps.first(this.room);
    return first ? first.seq <= begin : this.#ready && this.#head <= begin;
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
    const marks = await this.#readMarks(news);
    return () => {
      // Older entries may have been put before meanwhile; the end is only ever changed here.
      this.#stored = connects ? [...this.#stored, ...news] : news;
      this.#marks = connects ? new Map([...this.#marks, ...marks]) : marks;
      if (!connects) this.#looked.clear();
      this.#head = head;
      this.#from = record?.from ?? 0;
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

  async reachTime(at: number): Promise<void> {
    for (;;) {
      const first = this.#stored[0];
      if (!first || (importedIn(first)?.at ?? first.at) < at || first.seq === 0) return;
      await this.loadOlder(limits.history);
      if (this.#stored[0]?.seq === first.seq) return;
    }
  }

  find(target: EntryTarget): ViewEntry | null | undefined {
    const here = this.#byId.get(target.id);
    if (here) return here;
    const looked = this.#looked.get(target.id);
    if (looked) return this.#view(looked);
    if (looked === null || !this.#ready) return looked;
    // Not on this device: only `reach` fetches it.
    if (target.seq < this.#from) return undefined;
    if (!this.#looking.has(target.id)) {
      this.#looking.add(target.id);
      void this.#look(target)
        .catch((error: unknown) => this.#failed(error))
        .finally(() => this.#looking.delete(target.id));
    }
    return undefined;
  }

  close(): void {
    this.#deps.onClose(this);
  }

  async #look({ seq, id }: EntryTarget): Promise<void> {
    const { rooms } = this.#deps.storage;
    const [there] = await rooms.entries(this.room, seq, seq + 1);
    const around = there?.id === id ? [there] : await rooms.entries(this.room, seq - nearby, seq + nearby);
    const entry = around.find((each) => each.id === id) ?? null;
    if (entry) this.#marks = new Map([...this.#marks, ...(await this.#readMarks([entry]))]);
    this.#looked.set(id, entry);
  }

  async #readMarks(entries: readonly LogEntry[]): Promise<MarksById> {
    const ids = touched(this.#rules, entries);
    if (ids.size === 0) return new Map();
    return (await this.#deps.storage.rooms.marks(this.room, ids)) as Map<CommandId, MessageMarks>;
  }

  #marked(entry: LogEntry): MarkedEntry {
    return withMarks(this.#rules, entry, this.#allMarks);
  }

  #view(entry: LogEntry): ViewEntry {
    return { ...this.#marked(entry), delivery: 'stored', failure: null };
  }

  #ownEntries(): Omit<ViewEntry, 'marks'>[] {
    const { me } = this.#deps;
    const commands = this.#deps.commands(this.room);
    if (!commands) return [];
    const here = new Set(this.#stored.slice(-commands.length - firstPage).map((entry) => entry.id));
    const queued = underWay(commands, this.#head);
    return commands
      .filter((command) => !here.has(command.id) && (command.failure || queued.includes(command)))
      .map((command, i) => ({
        ...entryOf(command, this.#head + i, me),
        delivery: command.failure ? 'failed' : 'queued',
        failure: command.failure,
      }));
  }

  async #loadOlder(count: number): Promise<void> {
    const first = this.#stored[0]?.seq ?? this.#head;
    const begin = this.#deps.first(this.room);
    if (first <= begin) return;
    const { storage } = this.#deps;
    const from = Math.max(begin, first - count);
    let [record] = await storage.rooms.some([this.room]);
    while (record && from < record.from) {
      const before = record.from;
      await this.#fetchHistory(before, Math.min(limits.history, Math.max(before - from, 200)));
      [record] = await storage.rooms.some([this.room]);
      if (record && record.from >= before) break;
    }
    const older = await storage.rooms.entries(this.room, Math.max(from, record?.from ?? 0), first);
    const marks = await this.#readMarks(older);
    this.#olderFailure = null;
    if ((this.#stored[0]?.seq ?? this.#head) !== first) return;
    this.#stored = [...older, ...this.#stored];
    // What is known of those in the window is newer than what was read with the older ones.
    this.#marks = new Map([...marks, ...this.#marks]);
    this.#from = record?.from ?? 0;
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
