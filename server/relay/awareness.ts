import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { asBytes, type Bytes } from '../../shared/base/bytes.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { limits } from '../../shared/protocol/limits.ts';

/** Somebody who sees who else is in a room, and is seen. */
export interface Watcher {
  readonly member: MemberId;
  /** Whether a state under this client id is the watcher's own; others are left out without a word. */
  owns(room: RoomId, client: number): boolean;
  /** An awareness update of y-protocols. The same object goes to every watcher of one kind. */
  show(room: RoomId, update: AwarenessUpdate): void;
}

/** Bytes, and the frames made of them, each once. */
export interface AwarenessUpdate {
  readonly bytes: Bytes;
  deviceFrame?: Bytes;
  plainFrame?: Bytes;
}

export interface AwarenessHub {
  watch(room: RoomId, watcher: Watcher): void;
  unwatch(room: RoomId, watcher: Watcher): void;
  /** Takes a state in; false when the bytes are not an awareness update. */
  receive(room: RoomId, watcher: Watcher, bytes: Uint8Array): boolean;
  /** Everything that is known now, for somebody who asks again. */
  current(room: RoomId): AwarenessUpdate | null;
  /** The watcher is gone from everywhere. */
  leave(watcher: Watcher): void;
  /** Members who may no longer read the room stop seeing and being seen. */
  recheck(room: RoomId, mayRead: (member: MemberId) => boolean): void;
}

interface State {
  clock: number;
  /** JSON; `null` when the client went away. */
  json: string;
  owner: Watcher;
}
interface Gathering {
  readonly watchers: Set<Watcher>;
  readonly states: Map<number, State>;
  readonly changed: Set<number>;
}

/** Carets of one socket in one room; a tab has one. */
const mostStates = 64;
/** States in one message: clients of y-websocket send on what they were told of the others too. */
const mostTold = 4_096;
const mostBytes = 1024 * 1024;

export interface AwarenessDeps {
  nameOf(member: MemberId): string;
  defer(run: () => void): void;
}

/** Who is where: forwarded, never stored. Whose it is comes from the session, not from the state. */
export function createAwareness({ nameOf, defer }: AwarenessDeps): AwarenessHub {
  const rooms = new Map<RoomId, Gathering>();
  const watchedBy = new Map<Watcher, Set<RoomId>>();
  const dirty = new Set<RoomId>();

  const encode = (gathering: Gathering, clients: Iterable<number>): AwarenessUpdate => {
    const known = [...clients].flatMap((client) => {
      const state = gathering.states.get(client);
      return state ? [{ client, state }] : [];
    });
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, known.length);
    for (const { client, state } of known) {
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, state.clock);
      encoding.writeVarString(encoder, state.json);
    }
    return { bytes: asBytes(encoding.toUint8Array(encoder)) };
  };

  const flush = (): void => {
    for (const room of dirty) {
      const gathering = rooms.get(room);
      if (!gathering) continue;
      const update = encode(gathering, gathering.changed);
      for (const client of gathering.changed)
        if (gathering.states.get(client)?.json === 'null') gathering.states.delete(client);
      gathering.changed.clear();
      for (const watcher of gathering.watchers) watcher.show(room, update);
      if (gathering.watchers.size === 0) rooms.delete(room);
    }
    dirty.clear();
  };

  const touch = (room: RoomId, gathering: Gathering, client: number): void => {
    gathering.changed.add(client);
    if (dirty.size === 0) defer(flush);
    dirty.add(room);
  };

  const remove = (room: RoomId, gathering: Gathering, watcher: Watcher): void => {
    gathering.watchers.delete(watcher);
    watchedBy.get(watcher)?.delete(room);
    for (const [client, state] of gathering.states) {
      if (state.owner !== watcher || state.json === 'null') continue;
      state.clock++;
      state.json = 'null';
      touch(room, gathering, client);
    }
    if (gathering.watchers.size === 0) rooms.delete(room);
  };

  const stamped = (watcher: Watcher, json: string): string | null => {
    const state = JSON.parse(json) as unknown;
    if (state === null) return 'null';
    if (typeof state !== 'object' || Array.isArray(state)) return null;
    const told = (state as { user?: unknown }).user;
    const color: unknown =
      typeof told === 'object' && told !== null ? (told as { color?: unknown }).color : null;
    const user = { id: watcher.member, name: nameOf(watcher.member) };
    const isColor = typeof color === 'string' && /^#[0-9a-fA-F]{3,8}$/.test(color);
    return JSON.stringify({ ...state, user: isColor ? { ...user, color } : user });
  };

  const take = (gathering: Gathering, room: RoomId, watcher: Watcher, each: Told): void => {
    const known = gathering.states.get(each.client);
    if (known && known.owner !== watcher && known.owner.member !== watcher.member) return;
    if (!watcher.owns(room, each.client)) return;
    if (known && (each.clock < known.clock || (each.clock === known.clock && each.json !== 'null'))) return;
    if (!known) {
      if (each.json === 'null') return;
      let own = 0;
      for (const state of gathering.states.values()) if (state.owner === watcher) own++;
      if (own >= mostStates) return;
    }
    const json = stamped(watcher, each.json);
    if (json === null) return;
    gathering.states.set(each.client, { clock: each.clock, json, owner: watcher });
    touch(room, gathering, each.client);
  };

  return {
    watch(room, watcher) {
      let gathering = rooms.get(room);
      if (!gathering)
        rooms.set(room, (gathering = { watchers: new Set(), states: new Map(), changed: new Set() }));
      gathering.watchers.add(watcher);
      const watched = watchedBy.get(watcher);
      if (watched) watched.add(room);
      else watchedBy.set(watcher, new Set([room]));
      if (gathering.states.size > 0) watcher.show(room, encode(gathering, gathering.states.keys()));
    },
    unwatch(room, watcher) {
      const gathering = rooms.get(room);
      if (gathering?.watchers.has(watcher)) remove(room, gathering, watcher);
    },
    receive(room, watcher, bytes) {
      const gathering = rooms.get(room);
      const told = readTold(bytes);
      if (!told) return false;
      if (!gathering?.watchers.has(watcher)) return true;
      try {
        for (const each of told) take(gathering, room, watcher, each);
        return true;
      } catch {
        return false;
      }
    },
    current(room) {
      const gathering = rooms.get(room);
      return gathering && gathering.states.size > 0 ? encode(gathering, gathering.states.keys()) : null;
    },
    leave(watcher) {
      for (const room of watchedBy.get(watcher) ?? []) {
        const gathering = rooms.get(room);
        if (gathering) remove(room, gathering, watcher);
      }
      watchedBy.delete(watcher);
    },
    recheck(room, mayRead) {
      const gathering = rooms.get(room);
      if (!gathering) return;
      for (const watcher of [...gathering.watchers])
        if (!mayRead(watcher.member)) remove(room, gathering, watcher);
    },
  };
}

interface Told {
  readonly client: number;
  readonly clock: number;
  readonly json: string;
}

function readTold(bytes: Uint8Array): Told[] | null {
  if (bytes.length > mostBytes) return null;
  try {
    const decoder = decoding.createDecoder(bytes);
    const told: Told[] = [];
    const count = decoding.readVarUint(decoder);
    if (count > mostTold) return null;
    for (let left = count; left > 0; left--) {
      const client = decoding.readVarUint(decoder);
      const clock = decoding.readVarUint(decoder);
      const json = decoding.readVarString(decoder);
      if (json.length > limits.awareness || clock >= Number.MAX_SAFE_INTEGER - 1) return null;
      told.push({ client, clock, json });
    }
    return decoding.hasContent(decoder) ? null : told;
  } catch {
    return null;
  }
}
