import { isAdmin } from '../../../shared/access/actor.ts';
import type { CommandId, MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import type { Clock } from '../../../shared/base/clock.ts';
import { failure } from '../../../shared/base/errors.ts';
import { err, ok } from '../../../shared/base/result.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import type { Relay } from '../../../server/relay/contract.ts';
import type { SqliteDatabase } from '../../../server/storage/sqlite/open.ts';

export interface FakeRelay extends Relay {
  readonly endedSessions: string[];
  readonly endedMembers: MemberId[];
  /** While set, nothing can be stored. */
  broken: Error | null;
  /** An entry of the directory, without asking who may. */
  say(type: string, by: MemberId, data: unknown): void;
  /** The directory's `member.remove`, likewise. */
  remove(member: MemberId): void;
}

/** The directory in memory, and transactions as the real one has them: commits happen a turn later, one by one. */
export function createFakeRelay(database: SqliteDatabase, clock: Clock): FakeRelay {
  let directory = directoryKind.initial;
  let seq = 0;
  const append = (type: string, by: MemberId, data: unknown): void => {
    const entry = { seq: seq++, id: `e${seq}` as CommandId, type, by, at: clock.now(), data };
    directory = directoryKind.fold(directory, [entry]);
  };
  const actor: Relay['actor'] = (member) => {
    const found = directory.members[member];
    return found ? { member, role: found.role, active: found.leftAt === null } : null;
  };
  const may = (member: MemberId, room: RoomId) => {
    if (!/^(scratch|chat)$/.test(findRoom(room)?.name.kind ?? ''))
      return err(failure('room-not-found', 'no such room'));
    const who = actor(member);
    if (!who?.active) return err(failure('forbidden', 'not a member'));
    // Scratch rooms whose id starts so stand for rooms that only administrators see.
    return room.includes('/admin') && !isAdmin(who)
      ? err(failure('forbidden', 'not a reader'))
      : ok(true as const);
  };
  const relay: FakeRelay = {
    workspace: 'w1' as WorkspaceId,
    epoch: 'epoch',
    endedSessions: [],
    endedMembers: [],
    broken: null,
    actor,
    directory: () => directory,
    mayRead: may,
    mayWrite: may,
    mayAttach: may,
    command: async (_caller, command) => ({ id: command.id, ok: true, seq: null, cursor: 0 }),
    noteHeld: () => null,
    update: async () => ok({ cursor: 0 }),
    lease: async () => [],
    lastCommand: () => 0,
    whenStored: () => {},
    keepsFiles: () => {},
    files: () => null,
    isConnected: () => false,
    nameOf: (member) => directory.members[member]?.name ?? '',
    rooms: () => [],
    head: () => 0,
    letGo: async () => {},
    takeBack: async () => [],
    readable: () => [],
    state(room) {
      const kind = findRoom(room)?.kind;
      return kind?.class === 'log' ? kind.initial : null;
    },
    window: () => ({ from: 0, isPart: false, shown: (state) => state }),
    entries: () => [],
    text: () => new Uint8Array([0, 0]),
    textInSlices: async () => ok(new Uint8Array([0, 0])),
    history: {
      textAt: async () => err(failure('room-not-found', 'no such room')),
      logAt: async () => err(failure('room-not-found', 'no such room')),
      versions: async () => ({ versions: [], next: null }),
      attribution: async () => err(failure('not-found', 'nothing')),
      tend: async () => {},
    },
    connectDevice: () => ({ receive() {}, gone() {} }),
    connectPlain: () => ok({ receive() {}, gone() {} }),
    appendFacts: async () => {},
    async appendFact(_room, type, by, data, also) {
      await new Promise(setImmediate);
      if (relay.broken) throw relay.broken;
      database.transaction(() => also?.())();
      append(type, by, data);
    },
    endSession: (session) => void relay.endedSessions.push(session),
    endMember: (member) => void relay.endedMembers.push(member),
    health: () => (relay.broken ? { ok: false, reason: relay.broken.message } : { ok: true }),
    stop: async () => {},
    say: append,
    remove: (member) => append('member.remove', member, { member }),
  };
  return relay;
}
