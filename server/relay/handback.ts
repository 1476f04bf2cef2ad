import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import type { Fact, LogEntry } from '../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { governingRoom, type AnyLogKind } from '../../shared/documents/registry.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { HandedResult, HandedRow } from '../../shared/protocol/messages.ts';
import type { RelayStore, SettledCommand } from '../storage/contract.ts';
import type { Access, Located } from './access.ts';
import { devicesOf, isFact, relayDevice, type Appending } from './appending.ts';
import type { Committer } from './commit.ts';
import { failureOf } from './failure-of.ts';
import type { Following } from './following.ts';
import type { LogRoom, LogRooms } from './log-rooms.ts';
import { createLostEntries } from './lost-entries.ts';
import type { RelayLog, RelayMetrics } from './metrics.ts';
import { createPlaces, type Made } from './places.ts';
import type { Receipts } from './receipts.ts';
import { handedDevice, type HandedAnswers, type Updates } from './updates.ts';

/** What one socket hands back. */
export interface Returns {
  /** Null when it must wait for its last answer. Told when everything that was taken is durable. */
  take(rows: readonly HandedRow[], answer: (results: readonly HandedResult[]) => void): Failure | null;
}

export interface Handback {
  open(): Returns;
  /** A command whose entry came back: its answer is, or will be, kept under `devicesOf` its author. */
  isTakingBack(member: MemberId, id: string): boolean;
  /** Takes nothing more. */
  stop(): void;
}

/** Entries of a room that took something away, as they are known from outside the store, and the epoch of each. */
export type RevokedOutside = (
  room: RoomId,
) => readonly { readonly entry: LogEntry; readonly epoch: string }[];

export interface HandbackDeps {
  readonly store: RelayStore;
  readonly clock: Clock;
  readonly access: Access;
  readonly logs: LogRooms;
  readonly appending: Appending;
  readonly following: Following;
  readonly updates: Updates;
  readonly committer: Committer;
  readonly receipts: Receipts;
  readonly metrics: RelayMetrics;
  readonly log: RelayLog;
  readonly revoked: RevokedOutside;
  defer(run: () => void): void;
}

interface Job {
  readonly rows: readonly HandedRow[];
  readonly results: HandedResult[];
  readonly seen: Set<string>;
  next: number;
  open: number;
  answer(results: readonly HandedResult[]): void;
}

/** Milliseconds of one turn of the loop that handing back may take from everybody else. */
const slice = 8;
/** Rows that one socket was told to bring again. */
const mostSeen = 100_000;

/** Something before the row has to come first. */
export const isTooEarly = (result: HandedResult): boolean =>
  result === 'update-missing-reference' || result === 'update-clock-gap' || result === 'room-not-found';

const missing = (message: string): Failure => failure('update-missing-reference', message);

/** Takes back what was lost when the relay was restored (PROTOCOL.md, R-1 to R-5), a little in every turn. */
export function createHandback(deps: HandbackDeps): Handback {
  const { store, clock, access, logs, appending, following, updates, committer } = deps;
  const { receipts, metrics, log, revoked } = deps;
  const places = createPlaces(store);
  const lost = createLostEntries(store, places, committer.flush);
  const wasRestored = store.epochs.length > 0;
  /** Rooms that were made under the name of a lost one: its own making was handed back. */
  const apart = new Set<RoomId>();
  /** Commands whose entries are queued to be stored. */
  const settling = new Set<string>();
  let jobs: Job[] = [];
  let scheduled = false;

  const exists = (located: Located & { kind: AnyLogKind }, room: LogRoom, entry: LogEntry): boolean => {
    const { kind } = located;
    const by = governingRoom(located.room, kind);
    if (by !== located.room) return kind.exists(by === null ? undefined : logs.open(by).state);
    return kind.exists(room.state) || kind.exists(kind.fold(room.state, [entry]));
  };

  /** The answer to be kept with an entry, so that its command is not carried out a second time. */
  const settle = (entry: LogEntry, seq: number): SettledCommand | null => {
    const device = devicesOf(entry.by);
    if (isFact(entry) || settling.has(`${entry.by} ${entry.id}`) || store.settled(device, entry.id))
      return null;
    const result = { id: entry.id, ok: true, seq, cursor: committer.cursor + 1 } as const;
    return { device, n: 0, at: clock.now(), result };
  };

  /** What took something away after the entry was made: the entry may give it back. */
  const takenSince = ({ kind, room }: Located & { kind: AnyLogKind }, given: Made): Made[] => {
    if (!kind.accessEntries.has(given.entry.type)) return [];
    const outside = revoked(room).map(({ entry, epoch }): Made => {
      return { entry, place: places.inEpoch(epoch, entry.seq) };
    });
    const { id, by } = given.entry;
    return [...outside, ...lost.revoking(logs.open(room))].filter(
      (taken) => (taken.entry.id !== id || taken.entry.by !== by) && places.isAfter(taken, given),
    );
  };

  /** Whether the entry is of a room that was lost, and another one has its name now. */
  const isOfAnother = ({ kind, room }: Located & { kind: AnyLogKind }, given: Made): boolean => {
    const governing = logs.open(governingRoom(room, kind) ?? room);
    if (!governing.kind.isAnother?.(governing.state)) return false;
    const made = lost.made(governing, 0);
    if (!made) return false;
    const isMaking = room === governing.room && kind.commands[given.entry.type]?.creates === true;
    if (isMaking) apart.add(room);
    return isMaking || (apart.has(governing.room) && places.isAfter(made, given));
  };

  /** Readers who were let in only after the entry was made, and for whom it was nothing. */
  const laterReaders = ({ kind, room }: Located & { kind: AnyLogKind }, lostOne: Made): MemberId[] => {
    if (!kind.limited) return [];
    const log = logs.open(room);
    return kind.limited.since(log.state).flatMap(({ member, seq }) => {
      const came = lost.made(log, seq);
      return came && places.isAfter(came, lostOne) ? [member] : [];
    });
  };

  /** Appends a fact that follows from what has just been queued. */
  const enqueueFact = (located: Located & { kind: AnyLogKind }, fact: Fact, by: MemberId): LogEntry => {
    const now = logs.open(located.room);
    const said = { ...fact, id: appending.factId(now.head), by, at: clock.now() };
    const { entry, work } = appending.entry(now, said, relayDevice);
    const failed = (): void => lost.forget(located.room);
    committer.enqueue({ ...work, ...appending.fold(located, now, entry), done: () => {}, failed });
    return entry;
  };

  /** Takes it away again. */
  const revokeAgain = (located: Located & { kind: AnyLogKind }, { entry: taken, place }: Made): void => {
    const { kind, room } = located;
    const now = logs.open(room);
    const fact = kind.revoking[taken.type]?.(taken, now.state);
    if (fact) lost.appended(now, { entry: enqueueFact(located, fact, taken.by), place });
  };

  const takeEntry = (
    row: HandedRow,
    located: Located & { kind: AnyLogKind },
    again: boolean,
    { taken, known, refused }: HandedAnswers,
  ): void => {
    const { room } = located;
    const [entry] = decodeLogRun(row.bytes);
    if (!entry) return refused(failure('bad-request', 'no entry'));
    following.look(located, entry);
    if (lost.isKnown(logs.open(room), entry)) return committer.enqueue({ done: known, failed: refused });
    const now = logs.open(room);
    if (entry.seq > now.head && !again) return refused(missing('entries before it are missing'));
    if (!exists(located, now, entry)) return refused(failure('room-not-found', 'no such room'));
    // Found before anything is queued: the entry must not be stored without what takes its gifts away again.
    const place = places.ofLost(entry, row.seq);
    if (isOfAnother(located, { entry, place }))
      return refused(failure('already-exists', 'another room has this name now'));
    const since = takenSince(located, { entry, place });
    const later = laterReaders(located, { entry, place });
    // To read what was queued it was stored, or could not be: then what this was judged on is not there any more.
    if (logs.open(room).head !== now.head) return takeEntry(row, located, again, { taken, known, refused });
    const moved = appending.entry(now, entry, handedDevice);
    const command = settle(entry, moved.entry.seq);
    const key = `${entry.by} ${entry.id}`;
    if (command) settling.add(key);
    committer.enqueue({
      ...moved.work,
      ...appending.fold(located, now, moved.entry),
      ...(command ? { command } : {}),
      done() {
        settling.delete(key);
        taken();
      },
      failed(why) {
        settling.delete(key);
        lost.forget(room);
        refused(why);
      },
    });
    lost.appended(now, { entry: moved.entry, place });
    for (const taken of since) revokeAgain(located, taken);
    if (later.length > 0) {
      const after = logs.open(room);
      const hidden = located.kind.limited!.begin(later, after.head);
      lost.appended(after, { entry: enqueueFact(located, hidden, entry.by), place });
    }
    for (const { follower, facts } of following.lacking(located, entry))
      for (const fact of facts) {
        const before = logs.open(follower.room);
        lost.appended(before, { entry: enqueueFact(follower, fact, entry.by), place });
      }
  };

  const take = (row: HandedRow, again: boolean, answers: HandedAnswers): void => {
    if (!receipts.isOwn(row)) return answers.refused(failure('receipt-invalid', 'not a row of this relay'));
    if (!wasRestored) return answers.known();
    const located = access.locate(row.room);
    if (!located) return answers.refused(failure('room-not-found', 'no such room'));
    if (!access.actor(row.by) && row.room !== access.directoryRoom && !again)
      return answers.refused(missing('its author is missing'));
    if (isLog(located)) return takeEntry(row, located, again, answers);
    const { governing } = access.resource(located);
    if (!located.kind.exists(governing)) return answers.refused(failure('room-not-found', 'no such room'));
    updates.takeBack(row, located, answers);
  };

  /** Reads a part of what has to be read before the row can be judged; false when nothing is left of that. */
  const readsOn = (row: HandedRow): boolean => {
    if (!wasRestored || !receipts.isOwn(row)) return false;
    try {
      const located = access.locate(row.room);
      const [entry] = located && isLog(located) ? decodeLogRun(row.bytes) : [];
      return entry !== undefined && lost.readsOn(logs.open(row.room), entry);
    } catch {
      // Whatever it is, the row meets it again and is answered.
      return false;
    }
  };

  const step = (job: Job): void => {
    const at = job.next++;
    const row = job.rows[at]!;
    let isSettled = false;
    const settled = (result: HandedResult): void => {
      // What threw after its answer is answered already; what is queued may be answered after it threw.
      if (isSettled) return;
      isSettled = true;
      job.results[at] = result;
      job.open--;
      if (job.open === 0 && job.next === job.rows.length) job.answer(job.results);
    };
    const key = Buffer.from(row.receipt).toString('base64');
    job.open++;
    const refused = ({ code }: Failure): void => {
      metrics.refused(code);
      if (code === 'update-missing-reference' && job.seen.size < mostSeen) job.seen.add(key);
      settled(code);
    };
    try {
      const known = (): void => settled('known');
      take(row, job.seen.has(key), { taken: () => settled('taken'), known, refused });
    } catch (error) {
      log.error({ err: error, room: row.room }, 'a row could not be taken back');
      refused(failureOf(error));
    }
  };

  const run = (): void => {
    scheduled = false;
    const until = performance.now() + slice;
    while (jobs.length > 0 && performance.now() < until) {
      // One row of each socket in turn: a large hand-back does not make the small ones wait.
      const job = jobs.shift()!;
      if (job.rows.length === 0) job.answer([]);
      else if (!readsOn(job.rows[job.next]!)) step(job);
      if (job.next < job.rows.length) jobs.push(job);
    }
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || jobs.length === 0) return;
    scheduled = true;
    deps.defer(run);
  };

  return {
    open() {
      const seen = new Set<string>();
      let busy = false;
      return {
        take(rows, answer) {
          if (rows.length > limits.handback) return failure('too-large', 'too many rows at once');
          if (busy) return failure('too-many-requests', 'wait for the answer to the last rows');
          busy = true;
          const told = (results: readonly HandedResult[]): void => {
            busy = false;
            answer(results);
          };
          jobs = [...jobs, { rows, results: [], seen, next: 0, open: 0, answer: told }];
          schedule();
          return null;
        },
      };
    },
    stop: () => void (jobs = []),
    isTakingBack: (member, id) => settling.has(`${member} ${id}`),
  };
}

const isLog = (located: Located): located is Located & { kind: AnyLogKind } => located.kind.class === 'log';
