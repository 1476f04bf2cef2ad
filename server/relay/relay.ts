import type { Clock } from '../../shared/base/clock.ts';
import { systemClock } from '../../shared/base/clock.ts';
import { failure, type ErrorCode, type Failure } from '../../shared/base/errors.ts';
import { isGuest } from '../../shared/base/guests.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { err, ok } from '../../shared/base/result.ts';
import type { HandedResult, HandedRow } from '../../shared/protocol/messages.ts';
import { defaultBounds, limitsOf, type Bounds } from '../bounds.ts';
import { createHistory } from '../history/history.ts';
import { createInlineWorkshop, type WorkshopHost } from '../history/workshop.ts';
import type { Projection } from '../storage/customers-contract.ts';
import type { WordHits } from '../storage/word-hits-contract.ts';
import type { RelayStore, StoredRow } from '../storage/contract.ts';
import type { DayCounts } from '../storage/day-counts.ts';
import { createAccess } from './access.ts';
import { createAppending } from './appending.ts';
import { createAwareness } from './awareness.ts';
import { createCatchUp } from './catch-up.ts';
import { createClientIds } from './client-ids.ts';
import { createCommands } from './commands.ts';
import { createCommitter, type Committed, type Work } from './commit.ts';
import type { Caller, Relay, RoomFiles } from './contract.ts';
import type { Core } from './core.ts';
import { connectDevice } from './device-session.ts';
import { createErasing } from './erasing.ts';
import { failureOf } from './failure-of.ts';
import { lossesOf, showToDevices, showToPlain } from './fan-out.ts';
import { createFollowing } from './following.ts';
import { createLine } from './line.ts';
import { createFindEntry } from './find-entry.ts';
import { createJobs, type JobCustomers } from './jobs.ts';
import { createLogRooms, entriesOf } from './log-rooms.ts';
import { createHandback, isTooEarly, type RevokedOutside } from './handback.ts';
import { noLog, noMetrics, type RelayLog, type RelayMetrics } from './metrics.ts';
import { createOutboxes } from './outbox.ts';
import { createPartialRows } from './partial-rows.ts';
import { connectPlain } from './plain-session.ts';
import { createPresence } from './presence.ts';
import { createPulls } from './pulls.ts';
import { createQuarantine } from './quarantine.ts';
import { createReceipts } from './receipts.ts';
import type { DeviceSession, PlainSession } from './session.ts';
import { createTextRooms } from './text-rooms.ts';
import { createUpdates } from './updates.ts';

export interface RelayDeps {
  readonly store: RelayStore;
  /** What `welcome` says of the software. */
  readonly version: string;
  readonly clock?: Clock;
  readonly bounds?: Bounds;
  readonly metrics?: RelayMetrics;
  readonly log?: RelayLog;
  /** Where texts are merged and old versions made; without it, in the relay's own thread. */
  readonly workshop?: WorkshopHost;
  /** Days for which rows of texts are kept one by one; 0, and without it: for ever. */
  readonly keepDays?: number;
  readonly revoked?: RevokedOutside;
  /** What guests used up today; without it that is counted anew after a start. */
  readonly dayCounts?: DayCounts;
  /** Tables that follow from logs. */
  readonly projections?: readonly Projection[];
  /** Where it is kept who met which word rule. */
  readonly wordHits?: Pick<WordHits, 'add'>;
  /** Whose customers are whose, for work that goes through all of somebody's. */
  readonly customers?: JobCustomers;
  /** The end of a turn of the event loop; tests hold it in their hand. */
  readonly defer?: (run: () => void) => void;
  /** Runs something once, later; must not keep the process alive. */
  readonly later?: (milliseconds: number, run: () => void) => void;
}

/** Anybody may ask for the health, and asking the disk is a write: its last answer is good for so long. */
const healthAge = 1_000;

/** The state vector of whoever has nothing. */
const noVector = Uint8Array.of(0);

const laterByTimer = (milliseconds: number, run: () => void): void =>
  void setTimeout(run, milliseconds).unref();

/** The relay over a store: rooms, gate, group commit, fan-out, sockets. Owns no network and no timer it keeps alive. */
export function createRelay(deps: RelayDeps): Relay {
  const { version } = deps;
  const bounds = deps.bounds ?? defaultBounds;
  const clock = deps.clock ?? systemClock;
  const metrics = deps.metrics ?? noMetrics;
  const { dayCounts } = deps;
  const log = deps.log ?? noLog;
  const defer = deps.defer ?? ((run) => void setImmediate(run));
  const later = deps.later ?? laterByTimer;
  const inLine = createLine(defer);

  let stopping = false;
  let files: RoomFiles | null = null;
  let health: { readonly at: number; readonly said: ReturnType<Relay['health']> } | null = null;
  const devices = new Map<MemberId, Set<DeviceSession>>();
  const plain = new Map<RoomId, Set<PlainSession>>();

  const quarantine = createQuarantine(deps.store, log, metrics);
  const { store } = quarantine;
  const receipts = createReceipts(store.receiptKey);
  const logs = createLogRooms(store);
  const find = createFindEntry(store, logs);
  const access = createAccess(store.workspace, clock, logs, quarantine.has, find);
  const revoked = deps.revoked ?? (() => []);
  const erasing = createErasing({ store, logs, find, receipts, revoked });
  const partial = createPartialRows(access, logs);
  const outboxes = createOutboxes(metrics, defer, bounds.queue);
  const awareness = createAwareness({
    bounds,
    metrics,
    nameOf: access.nameOf,
    defer,
    later,
  });

  const each = <S extends DeviceSession | PlainSession>(of: ReadonlyMap<string, ReadonlySet<S>>): S[] =>
    [...of.values()].flatMap((sessions) => [...sessions]);

  const endWhere = (
    isMeant: (session: DeviceSession | PlainSession) => boolean,
    code: ErrorCode,
    message: string,
  ): void => {
    for (const session of [...each(devices), ...each(plain)])
      if (isMeant(session)) session.end(code, message);
  };

  /** What was judged before is stored now: nothing of theirs is written any more when this returns. */
  const endCalled = (isMeant: (caller: Caller) => boolean, message: string): void => {
    endWhere(({ caller }) => isMeant(caller), 'session-ended', message);
    committer.flush();
    updates.end(isMeant);
  };

  const endInactive = (): void =>
    endWhere(({ caller }) => !access.actor(caller.member)?.active, 'session-ended', 'no longer a member');

  /** Rights changed: tell who lost a room, and end what can no longer be. */
  const enforce = (committed: readonly Committed[]): void => {
    if (!committed.some(({ work }) => work.readersBefore)) return;
    const rooms = new Set<RoomId>();
    for (const { room, member } of lossesOf(committed, access)) {
      rooms.add(room);
      for (const session of [...(devices.get(member) ?? [])]) session.lose(room);
      for (const session of [...(plain.get(room) ?? [])])
        if (session.caller.member === member) session.end('forbidden', 'no longer a reader of this room');
    }
    for (const room of rooms)
      awareness.recheck(room, (member) => access.decide(member, { do: 'read' }, room).ok);
    if (committed.some(({ row }) => access.decidesActors(row.room))) endInactive();
  };

  /** Checkpoints and bases only save work: when the disk has no room for them, the log itself still says everything. */
  const saving = (save: () => void): void => {
    try {
      save();
    } catch (error) {
      log.warn({ err: error }, 'what saves work could not be stored');
    }
  };

  /** Others learn of rows when everybody has been shown them. */
  const noteStored = (committed: readonly Committed[]): void => {
    for (const { row } of committed) texts.stored(row);
    saving(() => history.stored(committed.map(({ row }) => row)));
  };

  const published = (committed: readonly Committed[]): void => {
    if (committed.some(({ row }) => row.room === access.directoryRoom)) presence.sightMoved();
    saving(logs.stored);
    noteStored(committed);
    texts.trim();
    ids.forgetClaims();
    try {
      enforce(committed);
      showToDevices(committed, devices, access, receipts, partial);
      showToPlain(committed, plain, access);
    } catch (error) {
      // Rights could not be read: nobody is shown anything; what is stored is asked for after a new hello.
      log.error({ err: error }, 'a commit could not be shown');
      endWhere(() => true, 'storage-failed', 'come back for what is new');
    }
    if (beside.length > 0) tellBeside(committed);
  };

  const beside: ((rows: readonly StoredRow[]) => void)[] = [];
  const tellBeside = (committed: readonly Committed[]): void => {
    // Most rows are letters of texts, thousands a second: nobody beside the relay has to do with them.
    const rows = committed.flatMap(({ row }) => (access.locate(row.room)?.kind.class === 'log' ? [row] : []));
    if (rows.length === 0) return;
    for (const tell of beside)
      try {
        tell(rows);
      } catch (error) {
        log.error({ err: error }, 'something that is done beside the relay failed');
      }
  };

  const rolledBack = (works: readonly Work[]): void => {
    commands.rolledBack(works);
    ids.forgetClaims();
    for (const { row } of works) if (row) texts.forget(row.room);
  };

  const committer = createCommitter({
    store,
    metrics,
    log,
    projected({ said, hits = [] }) {
      if (said) deps.projections?.forEach((each) => each.told(said));
      for (const hit of hits) deps.wordHits?.add(hit);
    },
    defer,
    later,
    now: () => clock.now(),
    gathered: () => texts.settle(),
    published,
    rolledBack,
    settled: outboxes.flush,
  });
  const { plan, flush, standBack } = committer;
  const texts = createTextRooms({ store, clock, bounds, metrics, log, defer, plan, flush, standBack });
  const history = createHistory({
    store,
    workshop: deps.workshop ?? createInlineWorkshop(),
    metrics,
    log,
    keepDays: deps.keepDays ?? 0,
    now: () => clock.now(),
    defer: inLine,
    later,
    measured: texts.measured,
    isStopping: () => stopping,
  });
  const ids = createClientIds({ store, committer, clock, receipts, bounds, metrics, dayCounts });
  const appending = createAppending(store, access, logs, erasing);
  const following = createFollowing(store, clock, access, logs, appending);
  const commands = createCommands({
    store,
    clock,
    access,
    logs,
    appending,
    following,
    committer,
    metrics,
    bounds,
    dayCounts,
    isDamaged: quarantine.has,
    isTaken: erasing.isTaken,
    settle: texts.settle,
    isTakingBack: (member, id) => handback.isTakingBack(member, id),
  });
  const updates = createUpdates({ store, clock, access, texts, ids, committer, metrics });
  const handback = createHandback({
    store,
    clock,
    access,
    logs,
    appending,
    following,
    updates,
    committer,
    receipts,
    metrics,
    log,
    revoked,
    defer,
  });

  const jobs = createJobs({
    ...{ store, clock, access, logs, following, commands, log, inLine, later },
    customers: deps.customers,
    isStopping: () => stopping,
    files: () => files,
  });
  beside.push(jobs.stored);
  jobs.resume();

  /** Work for somebody without a socket: what it throws is logged and becomes an answer. */
  const guarded = (work: () => void, failed: (why: Failure) => void): void => {
    try {
      work();
    } catch (error) {
      log.error({ err: error }, 'a request could not be answered');
      failed(failureOf(error));
    }
  };

  const catchUp = createCatchUp(store, access, logs, receipts);
  const presence = createPresence({ devices, later, unseen: access.unseen });

  const core: Core = {
    store,
    clock,
    version,
    bounds,
    limits: limitsOf(bounds),
    log,
    metrics,
    access,
    committer,
    commands,
    updates,
    handback,
    ids,
    texts,
    catchUp,
    pulls: createPulls({ catchUp, metrics, inLine, flush, later }),
    awareness,
    outboxes,
    inLine,
    later,
    isStopping: () => stopping,
    sessions: {
      add(session) {
        const { member } = session.caller;
        const others = devices.get(member);
        if (others) others.add(session);
        else devices.set(member, new Set([session]));
        metrics.sockets('device', 1);
        if (!isGuest(member)) presence.arrived();
      },
      remove(session) {
        const { member } = session.caller;
        const all = devices.get(member);
        if (!all?.delete(session)) return;
        if (all.size === 0) devices.delete(member);
        metrics.sockets('device', -1);
        if (!isGuest(member)) presence.left();
      },
    },
    plainSessions: {
      add(session) {
        const others = plain.get(session.room);
        if (others) others.add(session);
        else plain.set(session.room, new Set([session]));
        metrics.sockets('plain', 1);
      },
      remove(session) {
        const all = plain.get(session.room);
        if (!all?.delete(session)) return;
        if (all.size === 0) plain.delete(session.room);
        metrics.sockets('plain', -1);
      },
    },
  };

  return {
    workspace: store.workspace,
    epoch: store.epoch,
    actor: access.actor,
    directory: access.directory,
    mayRead(member, room) {
      // What is answered at once must not go by a right that the disk may still refuse.
      committer.flush();
      return access.decide(member, { do: 'read' }, room);
    },
    mayWrite: (member, room) => access.decide(member, { do: 'write' }, room),
    mayAttach(member, room) {
      committer.flush();
      return access.decide(member, { do: 'attach' }, room);
    },
    command: (caller, command) =>
      new Promise((resolve) => {
        if (stopping) {
          resolve({ id: command.id, ok: false, code: 'stopping', message: 'the relay is stopping' });
          return;
        }
        guarded(
          () => commands.take(caller, command, resolve),
          ({ code, message }) => resolve({ id: command.id, ok: false, code, message }),
        );
      }),
    noteHeld: commands.noteHeld,
    update: (caller, room, bytes) =>
      new Promise((resolve) => {
        if (stopping) {
          resolve(err(failure('stopping', 'the relay is stopping')));
          return;
        }
        const refused = (why: Failure): void => resolve(err(why));
        const acked = (cursor: number): void => resolve(ok({ cursor }));
        guarded(() => updates.take(caller, room, bytes, 'leased', { acked, refused }), refused);
      }),
    lease: (caller, count) =>
      new Promise((resolve, reject) => {
        ids.draw(
          caller,
          count,
          (leases) => resolve(leases.map(({ id }) => id)),
          (why) => reject(new Error(why.message)),
        );
      }),
    appendFact: (room, type, by, data, also = () => {}) =>
      new Promise((resolve) => {
        commands.appendFacts([{ room, type, by, data }], also);
        resolve();
      }),
    appendFacts: (facts, also = () => {}) =>
      new Promise((resolve) => {
        commands.appendFacts(facts, also);
        resolve();
      }),
    lastCommand: commands.lastCommand,
    whenStored: (tell) => void beside.push(tell),
    keepsFiles: (kept) => void (files = kept),
    files: () => files,
    letGo: (member) =>
      new Promise((resolve) => {
        for (const { room } of store.changedRooms(member, 0, Number.MAX_SAFE_INTEGER - 1)) {
          if (access.locate(room)?.kind.class !== 'log') continue;
          const { kind, state } = logs.open(room);
          const fact = kind.letGo?.(state, member);
          if (fact) commands.appendFacts([{ ...fact, room, by: member }], () => {});
        }
        resolve();
      }),
    async takeBack(rows) {
      const returns = handback.open();
      const once = (some: readonly HandedRow[]): Promise<readonly HandedResult[]> =>
        new Promise((resolve, reject) => {
          const busy = returns.take(some, resolve);
          if (busy) reject(new Error(busy.message));
        });
      const results = [...(await once(rows))];
      const early = results.flatMap((result, at) => (isTooEarly(result) ? [at] : []));
      const second = await once(early.map((at) => rows[at]!));
      early.forEach((at, i) => (results[at] = second[i]!));
      return results;
    },
    nameOf: access.nameOf,
    rooms: store.rooms,
    head: (room) => store.room(room)?.rows ?? 0,
    isConnected: (member) => devices.has(member),
    readable: (member) =>
      store
        .changedRooms(member, 0, Number.MAX_SAFE_INTEGER - 1)
        .filter(({ room }) => access.decide(member, { do: 'read' }, room).ok)
        .map(({ changed: _changed, ...head }) => head),
    state(room) {
      committer.flush();
      return logs.open(room).state;
    },
    window: access.window,
    entries(reader, room, from, limit) {
      const window = reader === null ? null : access.window(reader, room);
      const head = store.room(room);
      if (reader !== null && window?.isPart)
        return head ? partial.log(reader, head).filter(({ seq }) => seq >= from) : [];
      return entriesOf(store.rowsFrom(room, Math.max(from, window?.from ?? 0), limit));
    },
    text: texts.whole,
    textInSlices: (room) =>
      new Promise((resolve) => {
        const failed = (why: Failure): void => resolve(err(why));
        guarded(() => texts.difference(room, noVector, (bytes) => resolve(ok(bytes)), failed), failed);
      }),
    history,
    endSession: (id) => endCalled(({ session }) => session === id, 'the session was ended'),
    endMember: (who) => endCalled(({ member }) => member === who, 'all sessions were ended'),
    connectDevice: (link, authenticate) => connectDevice(core, link, authenticate),
    connectPlain: (link, caller, room) => connectPlain(core, link, caller, room),
    health() {
      if (stopping) return { ok: false, reason: 'stopping' };
      const now = performance.now();
      if (health && now - health.at < healthAge) return health.said;
      try {
        store.probe(clock.now());
        const damaged = quarantine.size;
        health = { at: now, said: damaged > 0 ? { ok: true, damagedRooms: damaged } : { ok: true } };
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'storage failed';
        health = { at: now, said: { ok: false, reason } };
      }
      return health.said;
    },
    stop() {
      stopping = true;
      texts.stop();
      handback.stop();
      committer.finish();
      outboxes.flush();
      endWhere(() => true, 'stopping', 'the relay is stopping');
      saving(logs.keepAll);
      return Promise.resolve();
    },
  };
}
