import { refuse, type Actor, type Decision } from '../../shared/access/actor.ts';
import type { EntryTarget, LogEntry, Readers } from '../../shared/access/kind.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { failure } from '../../shared/base/errors.ts';
import { appOf, isApp, isOutsider } from '../../shared/base/apps.ts';
import { customerOf, isGuest } from '../../shared/base/guests.ts';
import { isId, type DeviceId, type MemberId, type RoomId, type WorkspaceId } from '../../shared/base/ids.ts';
import { err } from '../../shared/base/result.ts';
import { decide, type Action, type Resource } from '../../shared/documents/decide.ts';
import { allKinds, findRoom, governingRoom, type AnyKind } from '../../shared/documents/registry.ts';
import { appsKind, appsRoomId } from '../../shared/features/apps/kind.ts';
import type { AppsState, AppState } from '../../shared/features/apps/schema.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { directoryKind, directoryRoomId } from '../../shared/features/directory/kind.ts';
import type { DirectoryState } from '../../shared/features/directory/schema.ts';
import { keyOf, unseenWith } from '../../shared/features/directory/visibility.ts';
import { partOf, roomId, type RoomName } from '../../shared/protocol/rooms.ts';
import { roomDamaged } from './failure-of.ts';
import type { LogRooms } from './log-rooms.ts';
import { damagedRoom } from './quarantine.ts';

export interface Located {
  readonly room: RoomId;
  readonly name: RoomName;
  readonly kind: AnyKind;
}

/** The readers of a room, ready to be asked about many members. */
export type ReaderSet = 'everyone' | ReadonlySet<MemberId>;

/** The part of a room that one reader may know. */
export interface Window {
  /** The seq of the first row; beyond all of them for whoever is given no entries. */
  readonly from: number;
  /** They may know only a part of the state, whatever they have. */
  readonly isPart: boolean;
  /** The reduced state of a log as it may be told. */
  shown(state: unknown): unknown;
}

/** A plain client takes entries as they stand. */
export const onlyPart = failure('forbidden', 'entries of this room are for those who may know all of it');

const whole: Window = { from: 0, isPart: false, shown: (state) => state };

/** Rights as they are at this moment, with everything that is queued to be stored. */
export interface Access {
  readonly directoryRoom: RoomId;
  directory(): DirectoryState;
  actor(member: MemberId): Actor | null;
  /** Whether who may do anything at all follows from this room. */
  decidesActors(room: RoomId): boolean;
  /** What somebody is called, members and guests; empty where nobody knows. */
  nameOf(member: MemberId): string;
  /** Null for a name that is malformed, of no known kind, or of another workspace. */
  locate(room: string): Located | null;
  /** `device`: whose command is judged, so that what it said a moment ago is found by its id alone. */
  resource(located: Located, device?: DeviceId): Resource;
  decide(member: MemberId, action: Action, room: string): Decision;
  readers(room: RoomId): ReaderSet;
  /** What of a room somebody who may read it may know. Whatever leaves the relay for a reader goes through it. */
  window(member: MemberId, room: RoomId): Window;
  /** The people whom the directory does not show this member; under one key they are the same. */
  unseen(member: MemberId): { readonly key: string; readonly people: ReadonlySet<MemberId> };
  /** The readers of every room whose rights follow from the state of this one. */
  readersGovernedBy(located: Located): ReadonlyMap<RoomId, Readers>;
  /** The readers of these rooms may differ from now on. */
  readersChanged(rooms: Iterable<RoomId>): void;
}

/** The entry with this id, looked for where the target says and where it can be found without reading the whole log. */
export type FindEntry = (room: RoomId, target: EntryTarget, device?: DeviceId) => LogEntry | null;

export const includes = (readers: ReaderSet, member: MemberId): boolean =>
  readers === 'everyone' ? !isOutsider(member) : readers.has(member);

const nobody: ReadonlySet<MemberId> = new Set();
/** Room names that are kept understood. */
const mostLocated = 4_000;
/** Rooms whose readers are kept ready. */
const mostSets = 50_000;

export function createAccess(
  workspace: WorkspaceId,
  clock: Clock,
  logs: LogRooms,
  isDamaged: (room: RoomId) => boolean,
  findEntry: FindEntry,
): Access {
  const directoryRoom = roomId(workspace, directoryKind.kind, directoryRoomId);
  const appsRoom = roomId(workspace, appsKind.kind, appsRoomId);
  const directory = (): DirectoryState => logs.open(directoryRoom).state as DirectoryState;
  const sets = new Map<RoomId, ReaderSet>();

  /** The file of a guest's customer; null where there is none. */
  const fileOf = (guest: MemberId): CustomerState | null => {
    const customer = customerOf(guest);
    if (!isId(customer)) return null;
    const state = logs.open(roomId(workspace, 'customer', customer)).state as CustomerState;
    return state.begun && state.guest === guest ? state : null;
  };

  const guest = (member: MemberId): Actor | null => {
    try {
      const file = fileOf(member);
      return file && { member, role: 'member', active: file.ended === null, isGuest: true };
    } catch (error) {
      // Who they are cannot be read: they may do nothing before that is mended.
      if (damagedRoom(error) === null) throw error;
      return null;
    }
  };

  const appCalled = (member: MemberId): AppState | undefined => {
    const { apps } = logs.open(appsRoom).state as AppsState;
    return Object.hasOwn(apps, appOf(member)) ? apps[appOf(member)] : undefined;
  };

  const app = (member: MemberId): Actor | null => {
    const found = appCalled(member);
    return found ? { member, role: 'member', active: found.revoked === null, may: found.may } : null;
  };

  const actor = (member: MemberId): Actor | null => {
    if (isGuest(member)) return guest(member);
    if (isApp(member)) return app(member);
    const { members } = directory();
    const found = Object.hasOwn(members, member) ? members[member] : undefined;
    return found ? { member, role: found.role, active: found.leftAt === null } : null;
  };

  /** Asked for every update and command. */
  const located = new Map<string, Located>();
  const locate = (room: string): Located | null => {
    const known = located.get(room);
    if (known) return known;
    const found = findRoom(room);
    if (!found || found.name.workspace !== workspace) return null;
    if (found.kind.kind === directoryKind.kind && found.name.id !== directoryRoomId) return null;
    const made = { room: room as RoomId, ...found };
    if (located.size >= mostLocated) located.clear();
    located.set(room, made);
    return made;
  };

  const governing = ({ room, kind }: Located): unknown => {
    const by = governingRoom(room, kind);
    return by === null ? undefined : logs.open(by).state;
  };

  const resource = (located: Located, device?: DeviceId): Resource => ({
    kind: located.kind,
    room: located.name,
    state: located.kind.class === 'log' ? logs.open(located.room).state : undefined,
    governing: governing(located),
    at: clock.now(),
    stateOf: (kind, id) => logs.open(roomId(workspace, kind, id)).state,
    isActiveMember: (member) => !isOutsider(member) && (actor(member)?.active ?? false),
    entry: (target) => (located.kind.class === 'log' ? findEntry(located.room, target, device) : null),
  });

  const readersIn = (kind: AnyKind, state: unknown): Readers =>
    kind.exists(state) ? kind.readers(state) : [];

  return {
    directoryRoom,
    directory,
    actor,
    decidesActors: (room) => room === directoryRoom || locate(room)?.kind.kind === 'customer',
    nameOf(member) {
      if (isApp(member)) return appCalled(member)?.name ?? '';
      if (!isGuest(member)) return directory().members[member]?.name ?? '';
      return guest(member) ? (fileOf(member)?.name ?? '') : '';
    },
    locate,
    resource,
    decide(member, action, room) {
      const who = actor(member);
      if (!who) return refuse('forbidden', 'not a member of this workspace');
      const located = locate(room);
      if (!located) return refuse('room-not-found', 'no such room');
      try {
        const decision = decide(who, action, resource(located));
        return decision.ok && isDamaged(located.room) ? err(roomDamaged) : decision;
      } catch (error) {
        if (damagedRoom(error) === null) throw error;
        return err(roomDamaged);
      }
    },
    readers(room) {
      const known = sets.get(room);
      if (known) return known;
      const located = locate(room);
      if (!located) return nobody;
      const readers = asSet(readersIn(located.kind, governing(located)));
      if (sets.size >= mostSets) sets.clear();
      sets.set(room, readers);
      return readers;
    },
    window(member, room) {
      const found = locate(room);
      if (found?.kind.class !== 'log') return whole;
      const { limited, partly } = found.kind;
      if (partly && partly.keyOf(logs.open(room).state, member) !== '')
        return {
          from: Number.MAX_SAFE_INTEGER,
          isPart: true,
          shown: (state) => partly.shown(state, partly.keyOf(state, member)),
        };
      if (!limited) return whole;
      const from = limited.from(governing(found), member);
      return from === 0 ? whole : { from, isPart: false, shown: (state) => limited.hide(state, from) };
    },
    unseen(member) {
      const key = keyOf(directory(), member);
      return { key, people: unseenWith(directory(), key) };
    },
    readersChanged(rooms) {
      for (const room of rooms) sets.delete(room);
    },
    readersGovernedBy({ room, kind, name }) {
      const governed = new Map<RoomId, Readers>();
      const state = kind.class === 'log' ? logs.open(room).state : undefined;
      for (const each of allKinds)
        if (each.kind === kind.kind && (each.governedBy === name.part || each === kind))
          if (governingRoom(partOf(room, each.part), each) === (kind.class === 'log' ? room : null))
            governed.set(partOf(room, each.part), readersIn(each, state));
      return governed;
    },
  };
}

const asSet = (readers: Readers): ReaderSet => (readers === 'everyone' ? readers : new Set(readers));
