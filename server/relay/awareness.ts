import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { asBytes, type Bytes } from '../../shared/base/bytes.ts';
import { isGuest } from '../../shared/base/guests.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Bound, Bounds } from '../bounds.ts';
import type { RelayMetrics } from './metrics.ts';
import { spacing } from './spacing.ts';

/** Somebody who sees who else is in a room, and is seen. */
export interface Watcher {
  readonly member: MemberId;
  /** Whether a state under this client id is the watcher's own; others are left out without a word. */
  owns(room: RoomId, client: number): boolean;
  /** An awareness update of y-protocols. The same object goes to every watcher of one kind. */
  show(room: RoomId, update: AwarenessUpdate): void;
  /** A state was left out because a bound is reached. */
  full?(): void;
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
  /** Characters of all states. */
  size: number;
  /** How many states each watcher has here. */
  readonly own: Map<Watcher, number>;
  /** Who spoke first under an id: nobody else may while anybody watches, also when that one is away for a moment. */
  readonly holders: Map<number, MemberId>;
  /** The ids of one member in `holders`, oldest first. */
  readonly held: Map<MemberId, Set<number>>;
  /** Told a moment ago: what changes meanwhile is told together. */
  resting: boolean;
}

/** States in one message: clients of y-websocket send on what they were told of the others too. */
const mostTold = 4_096;
const mostBytes = 1024 * 1024;
/** Ids in one message that are looked up and turn out to be somebody else's; what comes after them is left out. */
const mostStrange = 256;
/** Ids that stay a member's own in one room, beside those in use. */
const mostHeld = 256;

export interface AwarenessDeps {
  readonly bounds: Bounds;
  readonly metrics: Pick<RelayMetrics, 'reached' | 'struck'>;
  nameOf(member: MemberId): string;
  defer(run: () => void): void;
  later(milliseconds: number, run: () => void): void;
}

/** Who is where: forwarded, never stored. Whose it is comes from the session, not from the state. */
export function createAwareness({ bounds, metrics, nameOf, defer, later }: AwarenessDeps): AwarenessHub {
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

  const tell = (room: RoomId, gathering: Gathering): void => {
    if (gathering.changed.size === 0) return;
    const update = encode(gathering, gathering.changed);
    for (const client of gathering.changed)
      if (gathering.states.get(client)?.json === 'null') gathering.states.delete(client);
    gathering.changed.clear();
    for (const watcher of gathering.watchers) watcher.show(room, update);
    const rest = spacing(update.bytes.length * gathering.watchers.size);
    if (rest === 0) return;
    gathering.resting = true;
    later(rest, () => {
      gathering.resting = false;
      tell(room, gathering);
    });
  };

  const flush = (): void => {
    const touched = [...dirty];
    dirty.clear();
    for (const room of touched) {
      const gathering = rooms.get(room);
      if (gathering && !gathering.resting) tell(room, gathering);
    }
  };

  const touch = (room: RoomId, gathering: Gathering, client: number): void => {
    gathering.changed.add(client);
    if (gathering.resting) return;
    if (dirty.size === 0) defer(flush);
    dirty.add(room);
  };

  const forget = (room: RoomId, gathering: Gathering): void => {
    if (gathering.watchers.size > 0) return;
    gathering.changed.clear();
    rooms.delete(room);
  };

  /** The state of a client goes; its place stays until everybody has been told. */
  const end = (room: RoomId, gathering: Gathering, client: number, state: State): void => {
    gathering.size -= state.json.length;
    count(gathering, state.owner, -1);
    state.json = 'null';
    touch(room, gathering, client);
  };

  const count = (gathering: Gathering, owner: Watcher, change: 1 | -1): void => {
    const own = (gathering.own.get(owner) ?? 0) + change;
    if (own > 0) gathering.own.set(owner, own);
    else gathering.own.delete(owner);
    if (change > 0) metrics.reached('statesPerSocket', own);
  };

  const remove = (room: RoomId, gathering: Gathering, watcher: Watcher): void => {
    gathering.watchers.delete(watcher);
    watchedBy.get(watcher)?.delete(room);
    if (gathering.own.has(watcher))
      for (const [client, state] of gathering.states) {
        if (state.owner !== watcher || state.json === 'null') continue;
        state.clock++;
        end(room, gathering, client, state);
      }
    forget(room, gathering);
  };

  const hold = ({ holders, held, states }: Gathering, client: number, member: MemberId): void => {
    holders.set(client, member);
    let own = held.get(member);
    if (!own) held.set(member, (own = new Set()));
    own.add(client);
    if (own.size <= mostHeld) return;
    for (const oldest of own)
      if (!states.has(oldest)) {
        own.delete(oldest);
        holders.delete(oldest);
        return;
      }
  };

  const stamped = (watcher: Watcher, json: string): string | null => {
    const state = JSON.parse(json) as unknown;
    if (state === null) return 'null';
    if (typeof state !== 'object' || Array.isArray(state)) return null;
    const told = (state as { user?: unknown }).user;
    const color: unknown =
      typeof told === 'object' && told !== null ? (told as { color?: unknown }).color : null;
    // Guests read each other here: what the company calls them is not for them.
    const name = isGuest(watcher.member) ? '' : nameOf(watcher.member);
    const user = { id: watcher.member, name };
    const isColor = typeof color === 'string' && /^#[0-9a-fA-F]{3,8}$/.test(color);
    return JSON.stringify({ ...state, user: isColor ? { ...user, color } : user });
  };

  /** Why there is no place for one more state, or for one that grows; null when there is. */
  const lacks = (gathering: Gathering, watcher: Watcher, isNew: boolean, growth: number): Bound | null => {
    if (isNew && (gathering.own.get(watcher) ?? 0) >= bounds.statesPerSocket) return 'statesPerSocket';
    if (isNew && gathering.states.size >= bounds.statesPerRoom) return 'statesPerRoom';
    if (growth > 0 && gathering.size + growth > bounds.awarenessPerRoom) return 'awarenessPerRoom';
    return null;
  };

  /** `strange`: the client id is not the watcher's. `full`: a bound is reached. */
  const take = (
    gathering: Gathering,
    room: RoomId,
    watcher: Watcher,
    each: Told,
  ): 'settled' | 'strange' | 'full' => {
    const { client, clock } = each;
    const holder = gathering.holders.get(client);
    if (holder !== undefined && holder !== watcher.member) return 'settled';
    const found = gathering.states.get(client);
    const known = found && found.json !== 'null' ? found : undefined;
    if (!known && each.json === 'null') return 'settled';
    if (!watcher.owns(room, client)) return 'strange';
    if (found && (clock < found.clock || (clock === found.clock && each.json !== 'null'))) return 'settled';
    const json = stamped(watcher, each.json);
    if (json === null) return 'settled';
    if (json === 'null') {
      if (known) {
        known.clock = clock;
        end(room, gathering, client, known);
      }
      return 'settled';
    }
    const growth = json.length - (known?.json.length ?? 0);
    const isOwn = known?.owner === watcher;
    const lack = lacks(gathering, watcher, !isOwn, growth);
    if (lack) {
      metrics.struck(lack);
      return 'full';
    }
    if (known && !isOwn) count(gathering, known.owner, -1);
    if (!isOwn) count(gathering, watcher, 1);
    gathering.states.set(client, { clock, json, owner: watcher });
    gathering.size += growth;
    metrics.reached('statesPerRoom', gathering.states.size);
    metrics.reached('awarenessPerRoom', gathering.size);
    hold(gathering, client, watcher.member);
    touch(room, gathering, client);
    return 'settled';
  };

  return {
    watch(room, watcher) {
      let gathering = rooms.get(room);
      if (!gathering) {
        gathering = {
          watchers: new Set(),
          states: new Map(),
          changed: new Set(),
          size: 0,
          own: new Map(),
          holders: new Map(),
          held: new Map(),
          resting: false,
        };
        rooms.set(room, gathering);
      }
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
      for (const { json } of told) {
        metrics.reached('awareness', json.length);
        if (json.length <= bounds.awareness) continue;
        metrics.struck('awareness');
        return false;
      }
      if (!gathering?.watchers.has(watcher)) return true;
      let strange = 0;
      let isFull = false;
      try {
        for (const each of told) {
          const taken = take(gathering, room, watcher, each);
          if (taken === 'full') isFull = true;
          else if (taken === 'strange' && ++strange >= mostStrange) break;
        }
      } catch {
        return false;
      }
      if (isFull) watcher.full?.();
      return true;
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
      if (clock >= Number.MAX_SAFE_INTEGER - 1) return null;
      told.push({ client, clock, json });
    }
    return decoding.hasContent(decoder) ? null : told;
  } catch {
    return null;
  }
}
