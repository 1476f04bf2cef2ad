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
/** What is this close to the window is read with what lies between; the window goes to what is further away. */
const near = 400;
/** At least so many are asked of the relay at once. */
const leastFetched = 200;
/** How far from where a target says its entry is looked for: a restored relay may have moved it a little. */
const nearby = 200;

/** A window on a log: at first on its newest entries. It grows to both sides, and goes elsewhere. */
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
  /** Entries outside the window that were looked for, and where the device's copy began then. */
  readonly #sought = new Map<CommandId, number>();
  #ready = $state(false);
  #olderFailure = $state.raw<Failure | null>(null);
  /** One change of the window after the other. */
  #work: Promise<void> = Promise.resolve();

  readonly #own = $derived.by(() => this.#ownEntries());
  readonly #allMarks = $derived.by(() => {
    const sent = this.#own.filter(({ delivery }) => delivery === 'queued');
    return overlaidMarks(this.#rules, this.#marks, sent);
  });
  readonly waiting: readonly ViewEntry[] = $derived.by(() =>
    this.#own.map((entry) => ({ ...entry, ...this.#marked(entry) })),
  );
  readonly atEnd: boolean = $derived.by(() => (this.#stored.at(-1)?.seq ?? this.#head - 1) + 1 >= this.#head);
  readonly #shown: readonly ViewEntry[] = $derived.by(() => this.#stored.map((entry) => this.#view(entry)));
  readonly entries: readonly ViewEntry[] = $derived.by(() =>
    this.atEnd ? [...this.#shown, ...this.waiting] : this.#shown,
  );
  readonly #byId = $derived(
    new Map([...this.#shown, ...this.waiting].map((entry) => [entry.id, entry] as const)),
  );

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

  /** Shows at once the newest of what the page knows to be here, unless more is shown already. */
  async begin({ from: begin, head }: RoomRecord): Promise<void> {
    const entries = await this.#deps.storage.rooms.entries(
      this.room,
      Math.max(begin, head - firstPage),
      head,
    );
    const marks = await this.#readMarks(entries);
    if (this.#ready) return;
    this.#stored = entries;
    this.#marks = marks;
    this.#head = head;
    this.#from = begin;
    this.#ready = true;
  }

  /**
   * Reads what is new and returns how to show it: the caller shows everything that changed together at one moment, so
   * that an own message does not disappear between leaving the outbox and arriving as an entry.
   */
  async prepare(record: RoomRecord | null): Promise<() => void> {
    const head = record?.head ?? 0;
    const begin = record?.from ?? 0;
    const last = this.#stored.at(-1);
    const isThere = last !== undefined && record !== null && last.seq < head;
    // Where too much came in between, whoever reads here reads on, and the end is another place.
    const follows = isThere && this.atEnd && last.seq + 1 >= begin;
    const stays = isThere && !follows;
    const from = follows ? last.seq + 1 : Math.max(begin, head - firstPage);
    const news = stays ? [] : await this.#deps.storage.rooms.entries(this.room, from, head);
    const marks = await this.#readMarks(news);
    const changed = stays && begin !== this.#from ? await this.#readMarks(this.#stored) : new Map();
    return () => {
      // Gone elsewhere meanwhile: the end is read again by who goes there.
      const isAway = follows && this.#stored.at(-1)?.seq !== last.seq;
      if (isThere) {
        if (follows && !isAway) this.#stored = [...this.#stored, ...news];
        this.#marks = new Map([...this.#marks, ...marks, ...changed]);
      } else {
        this.#stored = news;
        this.#marks = marks;
        this.#looked.clear();
      }
      this.#head = head;
      this.#from = begin;
      this.#ready = true;
    };
  }

  loadOlder(count = firstPage): Promise<void> {
    return this.#next(() => this.#loadOlder(count));
  }

  loadNewer(count = firstPage): Promise<void> {
    return this.#next(() => this.#loadNewer(count));
  }

  toNewest(): Promise<void> {
    return this.#next(async () => {
      if (this.atEnd) return;
      const head = this.#head;
      await this.#show(Math.max(this.#from, head - firstPage), head);
    });
  }

  keep(from: number, to: number): void {
    const kept = this.#stored.filter(({ seq }) => seq >= from && seq < to);
    if (kept.length === 0 || kept.length === this.#stored.length) return;
    const ids = touched(this.#rules, kept);
    for (const id of this.#looked.keys()) ids.add(id);
    this.#stored = kept;
    this.#marks = new Map([...this.#marks].filter(([id]) => ids.has(id)));
  }

  reach(seq: number): Promise<void> {
    return this.#next(() => this.#reach(seq));
  }

  reachTime(at: number): Promise<void> {
    return this.#next(async () => this.#reach(await this.#firstFrom(at)));
  }

  find(target: EntryTarget): ViewEntry | null | undefined {
    const here = this.#byId.get(target.id);
    if (here) return here;
    const looked = this.#looked.get(target.id);
    if (looked) return this.#view(looked);
    if (looked === null || !this.#ready) return looked;
    // What is not on this device only `reach` fetches; it is looked for again when more has come.
    if (this.#sought.get(target.id) !== this.#from) {
      this.#sought.set(target.id, this.#from);
      void this.#look(target).catch((error: unknown) => {
        this.#sought.delete(target.id);
        this.#failed(error);
      });
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
    else if (seq < this.#from) return;
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

  /** One change of the window after the other. */
  #next(change: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(change).catch((error: unknown) => this.#failed(error));
    return this.#work;
  }

  async #loadOlder(count: number): Promise<void> {
    const first = this.#stored[0]?.seq ?? this.#head;
    const begin = this.#deps.first(this.room);
    if (first <= begin) return;
    const from = Math.max(begin, first - count);
    const { entries, marks, failed } = await this.#read(from, first);
    // Of what is not all here, what follows on to the window.
    const older = entries.filter(({ seq }, i) => first - seq === entries.length - i);
    this.#olderFailure = failed;
    if ((this.#stored[0]?.seq ?? this.#head) !== first) return;
    this.#stored = [...older, ...this.#stored];
    // What is known of those in the window is newer than what was read with the older ones.
    this.#marks = new Map([...marks, ...this.#marks]);
  }

  async #loadNewer(count: number): Promise<void> {
    const last = this.#stored.at(-1);
    if (!last || this.atEnd) return;
    const from = last.seq + 1;
    const { entries, marks, failed } = await this.#read(from, Math.min(this.#head, from + count));
    const newer = entries.filter(({ seq }, i) => seq - from === i);
    this.#olderFailure = failed;
    if (this.#stored.at(-1) !== last) return;
    this.#stored = [...this.#stored, ...newer];
    this.#marks = new Map([...this.#marks, ...marks]);
  }

  async #reach(wanted: number): Promise<void> {
    const seq = Math.max(wanted, this.#deps.first(this.room));
    const [first, last] = [this.#stored[0]?.seq ?? this.#head, this.#stored.at(-1)?.seq ?? this.#head - 1];
    if (seq >= this.#head || (seq >= first && seq <= last)) return;
    if (seq < first && first - seq <= near) return this.#loadOlder(first - seq + firstPage / 2);
    if (seq > last && seq - last <= near) return this.#loadNewer(seq - last + firstPage / 2);
    await this.#show(Math.max(this.#deps.first(this.room), seq - firstPage / 2), seq + firstPage / 2);
  }

  /** Puts the window there, unless that cannot be had. */
  async #show(from: number, to: number): Promise<void> {
    const { entries, marks, failed } = await this.#read(from, Math.min(to, this.#head));
    this.#olderFailure = failed;
    if (failed || entries.length === 0) return;
    this.#stored = entries;
    this.#marks = marks;
    this.#looked.clear();
    this.#sought.clear();
  }

  /** Entries of a range, from this device or else from the relay; `failed` where some of them cannot be had. */
  async #read(
    from: number,
    to: number,
  ): Promise<{ entries: readonly LogEntry[]; marks: MarksById; failed: Failure | null }> {
    const { rooms } = this.#deps.storage;
    let failed: Failure | null = null;
    let entries = await rooms.entries(this.room, from, to);
    for (let end = missingEnd(entries, from, to); end !== null;) {
      try {
        await this.#fetchHistory(end, Math.min(limits.history, Math.max(end - from, leastFetched)));
      } catch (error) {
        if (!(error instanceof FailureError)) throw error;
        failed = error.failure;
        break;
      }
      entries = await rooms.entries(this.room, from, to);
      const left = missingEnd(entries, from, to);
      if (left !== null && left >= end) failed = failure('not-found', 'the relay has nothing there');
      end = failed ? null : left;
      const [record] = await rooms.some([this.room]);
      this.#from = record?.from ?? this.#from;
    }
    return { entries, marks: await this.#readMarks(entries), failed };
  }

  /** The seq of the first entry from that moment on: entries are in the order of time. */
  async #firstFrom(at: number): Promise<number> {
    let low = this.#deps.first(this.room);
    let high = this.#head;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = await this.#single(middle);
      if ((importedIn(entry)?.at ?? entry.at) < at) low = middle + 1;
      else high = middle;
    }
    return Math.min(low, Math.max(0, this.#head - 1));
  }

  async #single(seq: number): Promise<LogEntry> {
    const { rooms } = this.#deps.storage;
    const here = await rooms.entries(this.room, seq, seq + 1);
    if (!here[0]) await this.#fetchHistory(seq + 1, 1);
    const [entry] = here[0] ? here : await rooms.entries(this.room, seq, seq + 1);
    if (!entry) throw new FailureError(failure('not-found', 'the relay has nothing there'));
    return entry;
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

/** Behind the newest of the entries that are missing in a range; null when none is. */
function missingEnd(entries: readonly LogEntry[], from: number, to: number): number | null {
  if (entries.length >= to - from) return null;
  let end = to;
  for (let i = entries.length - 1; i >= 0 && entries[i]!.seq === end - 1; i--) end--;
  return end;
}
