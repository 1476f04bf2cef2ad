import type { Clock } from '../../shared/base/clock.ts';
import { failure, type ErrorCode, type Failure } from '../../shared/base/errors.ts';
import {
  isFactId,
  type CommandId,
  type DeviceId,
  type MemberId,
  type RoomId,
} from '../../shared/base/ids.ts';
import { judgeCommand } from '../../shared/documents/decide.ts';
import type { Command, CommandResult } from '../../shared/protocol/messages.ts';
import type { Bounds } from '../bounds.ts';
import type { DayCounts } from '../storage/day-counts.ts';
import type { RelayStore } from '../storage/contract.ts';
import type { Access } from './access.ts';
import { createAllowance } from './allowance.ts';
import { devicesOf, relayDevice, type Appending, type Consequences } from './appending.ts';
import type { Committer, Work } from './commit.ts';
import type { Caller, RelayFact } from './contract.ts';
import type { Erasing } from './erasing.ts';
import { roomDamaged } from './failure-of.ts';
import type { Followed, Following } from './following.ts';
import { entriesOf, type LogRooms } from './log-rooms.ts';
import type { RelayMetrics } from './metrics.ts';
import { damagedRoom } from './quarantine.ts';
import { hitsOf } from './word-hits.ts';

export type Deliver = (result: CommandResult) => void;

export interface Commands {
  /** Judges now, answers through `deliver` when durable. */
  take(caller: Caller, command: Command, deliver: Deliver): void;
  /** Judges what a device did not send, and notes it where its words are held. Null, or why it may not be sent at all. */
  noteHeld(caller: Caller, command: Command): Failure | null;
  /** The highest `n` of the device that is settled or queued to be. */
  lastCommand(device: DeviceId): number;
  /** All of them, what follows from them and what `also` does, or nothing. */
  appendFacts(facts: readonly RelayFact[], also: () => void): void;
  /** Forgets what was counted on and is not stored. */
  rolledBack(works: readonly Work[]): void;
}

export interface CommandsDeps {
  readonly store: RelayStore;
  readonly clock: Clock;
  readonly access: Access;
  readonly logs: LogRooms;
  readonly appending: Appending;
  readonly following: Following;
  readonly committer: Committer;
  readonly metrics: RelayMetrics;
  readonly bounds: Pick<Bounds, 'command' | 'guestCommands'>;
  /** Without it what guests sent is counted anew after a start. */
  readonly dayCounts?: DayCounts | undefined;
  isDamaged(room: RoomId): boolean;
  /** Whether somebody else in the room has an entry of this id, of a type that others speak of by id. */
  isTaken: Erasing['isTaken'];
  /** Judges updates that came before the command, by the rights of then. */
  settle(): void;
  /** Whether the entry of this command of the member was handed back and is queued to be stored. */
  isTakingBack(member: MemberId, id: CommandId): boolean;
}

/** Of what nobody waits for. */
const nothingToSay = { done: () => undefined, failed: () => undefined };
/** Devices whose last number is kept in memory. */
const mostDevices = 50_000;

export function createCommands(deps: CommandsDeps): Commands {
  const { store, clock, access, logs, appending, following, committer, metrics } = deps;
  const { bounds, isDamaged, isTaken, settle, isTakingBack } = deps;
  /** Nobody knows who a guest is: what one may send is little beside what a member may. */
  const ofGuests = createAllowance(bounds.guestCommands, clock, deps.dayCounts?.of('guestCommands'));
  const wasRestored = store.epochs.length > 0;
  const numbers = new Map<DeviceId, number>();
  /** Commands that are queued, by device and id: a second copy waits for the same answer. */
  const waiting = new Map<string, Deliver[]>();

  const lastCommand = (device: DeviceId): number => {
    let n = numbers.get(device);
    if (n === undefined) {
      if (numbers.size >= mostDevices) numbers.clear();
      numbers.set(device, (n = store.lastCommand(device)));
    }
    return n;
  };

  /** How the command ended when it came before, also before this relay was restored. */
  const settledBefore = ({ device, member }: Caller, id: CommandId) => {
    const own = store.settled(device, id);
    if (own || !wasRestored) return own;
    if (isTakingBack(member, id)) committer.flush();
    return store.settled(devicesOf(member), id);
  };

  const judge = (caller: Caller, command: Command) => {
    const actor = access.actor(caller.member);
    const located = access.locate(command.room);
    if (!actor || !located) return failure('room-not-found', 'no such room');
    const resource = access.resource(located, caller.device);
    const judged = judgeCommand(actor, command.type, command.data, resource);
    const noted = (said: unknown) => hitsOf(actor, resource, command, said);
    if (!judged.ok && judged.error.code !== 'words-held') return judged.error;
    if (!judged.ok) return { held: judged.error, hits: noted(command.data) };
    const { id, type, room } = command;
    if (located.kind.class === 'log' && isTaken(logs.open(room), { id, type, by: caller.member }))
      return failure('already-exists', 'somebody else has an entry of this id');
    // Damage there is met before anything is counted on.
    following.look(located, { type, by: caller.member, data: judged.value.data });
    const { data, done } = judged.value;
    return { located, data, done, held: null, hits: done ? [] : noted(data) };
  };

  const mayGuestSend = (guest: MemberId): boolean => {
    const left = ofGuests.left(guest) - 1;
    if (left >= 0) metrics.reached('guestCommands', Math.ceil(bounds.guestCommands - left));
    else metrics.struck('guestCommands');
    if (left >= 0) ofGuests.use(guest, 1);
    return left >= 0;
  };

  /** Null when the room or one that governs it is damaged: nothing is settled then, and the device asks again. */
  const unlessDamaged = <T>(work: () => T, room: string): T | null => {
    try {
      return isDamaged(room as RoomId) ? null : work();
    } catch (error) {
      if (damagedRoom(error) === null) throw error;
      return null;
    }
  };

  /** A fact with what follows from it, counted on. */
  const appended = ({ room, type, by, data, id }: RelayFact): Work[] => {
    const located = access.locate(room);
    if (located?.kind.class !== 'log') throw new Error(`facts go to log rooms: ${room}`);
    const schema = located.kind.facts[type];
    if (!schema) throw new Error(`not a fact of this kind of room: ${type}`);
    const parsed = schema.parse(data);
    following.look(located, { type, by, data: parsed });
    const log = logs.open(room);
    const said = { id: id ?? appending.factId(log.head), type, by, at: clock.now(), data: parsed };
    const { entry, work } = appending.entry(log, said, relayDevice);
    const own = { ...work, ...appending.fold(located, log, entry) };
    return [own, ...following.after(located, entry)].map((each) => ({ ...each, ...nothingToSay }));
  };

  const rolledBack = (works: readonly Work[]): void => {
    for (const { row, command, readersBefore } of works) {
      if (row) logs.forget(row.room);
      if (readersBefore) access.readersChanged(readersBefore.keys());
      if (command) numbers.delete(command.device);
    }
  };

  return {
    lastCommand,
    take(caller, command, deliver) {
      settle();
      const { id, n } = command;
      const refuse = (code: ErrorCode, message: string): void => {
        metrics.refused(code);
        deliver({ id, ok: false, code, message });
      };
      // Not settled: the answer says something of the caller, not of the command.
      const actor = access.actor(caller.member);
      if (!actor?.active) return refuse('forbidden', 'no longer a member of this workspace');

      // Not settled either: what the relay said itself is told from commands by it, also after a restore.
      if (isFactId(id)) return refuse('bad-request', 'only the relay has ids that begin so');

      const key = `${caller.device}/${id}`;
      const others = waiting.get(key);
      if (others) return void others.push(deliver);
      const settled = settledBefore(caller, id);
      if (settled && settled !== 'damaged') return deliver(settled);
      if (settled === 'damaged' && access.locate(command.room)?.kind.class === 'log') {
        // What became an entry is found in the log; anything else left no trace and may be judged again.
        const entry = entriesOf(store.rowsFrom(command.room, 0, 2 ** 31)).find((each) => each.id === id);
        if (entry) return deliver({ id, ok: true, seq: entry.seq, cursor: store.head() });
      }
      if (n <= lastCommand(caller.device))
        return refuse('out-of-order', `a command with n ≥ ${n} was settled before`);

      if (actor.isGuest && !mayGuestSend(caller.member))
        return refuse('too-many-requests', 'this guest has sent enough for one day');

      const judged = unlessDamaged(() => judge(caller, command), command.room);
      if (judged === null) return refuse(roomDamaged.code, roomDamaged.message);
      let work: Pick<Work, 'row' | 'erasure' | 'hits'> & Consequences = {};
      let followed: readonly Followed[] = [];
      let result: CommandResult;
      if (isFailure(judged) || judged.held) {
        const { code, message } = isFailure(judged) ? judged : judged.held;
        metrics.refused(code);
        result = { id, ok: false, code, message };
        if (!isFailure(judged)) work = { hits: judged.hits };
      } else if (judged.done) {
        result = { id, ok: true, seq: null, cursor: committer.cursor };
      } else {
        const log = logs.open(command.room);
        const said = { id, type: command.type, by: caller.member, at: clock.now(), data: judged.data };
        const { entry, work: appended, size } = appending.entry(log, said, caller.device);
        metrics.reached('command', size);
        if (size > bounds.command) {
          metrics.struck('command');
          metrics.refused('too-large');
          result = { id, ok: false, code: 'too-large', message: 'the command is too large' };
        } else {
          work = { ...appended, ...appending.fold(judged.located, log, entry), hits: judged.hits };
          result = { id, ok: true, seq: entry.seq, cursor: committer.cursor + 1 };
          followed = following.after(judged.located, entry);
        }
      }
      numbers.set(caller.device, n);
      const answers: Deliver[] = [deliver];
      waiting.set(key, answers);
      const answer = (final: CommandResult): void => {
        waiting.delete(key);
        for (const each of answers) each(final);
      };
      committer.enqueue({
        ...work,
        command: { device: caller.device, n, at: clock.now(), result },
        done: () => answer(result),
        failed: ({ code, message }) => answer({ id, ok: false, code, message }),
      });
      // Queued in one turn, so in one commit.
      for (const each of followed) committer.enqueue({ ...each, ...nothingToSay });
    },
    noteHeld(caller, command) {
      settle();
      const judged = unlessDamaged(() => judge(caller, command), command.room);
      if (judged === null) return roomDamaged;
      if (isFailure(judged)) return judged;
      if (judged.held) committer.enqueue({ hits: judged.hits, ...nothingToSay });
      return null;
    },
    appendFacts(facts, also) {
      committer.flush();
      const works: Work[] = [];
      try {
        for (const fact of facts) works.push(...appended(fact));
      } catch (error) {
        rolledBack(works);
        throw error;
      }
      committer.commitAlone(works, also);
    },
    rolledBack,
  };
}

const isFailure = (value: object): value is Failure => Object.hasOwn(value, 'code');
