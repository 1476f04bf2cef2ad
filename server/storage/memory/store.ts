import {
  newId,
  type DeviceId,
  type MemberId,
  type RoomId,
  type WorkspaceId,
} from '../../../shared/base/ids.ts';
import { isGuest } from '../../../shared/base/guests.ts';
import type { Welcome } from '../../../shared/protocol/messages.ts';
import type {
  ChangedHead,
  Erasure,
  Lease,
  RelayStore,
  RoomHead,
  SettledCommand,
  StoredRow,
} from '../contract.ts';
import { StorageError } from '../storage-error.ts';
import { createMemoryHistory } from './history.ts';

/** As the contract says. */
const keptAnswers = 500;

interface Room {
  readonly rows: StoredRow[];
  readonly readers: Map<MemberId | '*', number>;
  readonly bases: Map<number, string>;
  readonly names: Map<string, Set<number>>;
}

export interface MemoryStoreOptions {
  readonly workspace?: WorkspaceId;
  readonly epoch?: string;
  readonly epochs?: Welcome['epochs'];
  readonly receiptKey?: Uint8Array;
  /** Asked before every commit; what it throws fails the commit. */
  readonly beforeCommit?: () => void;
}

/** The contract without a disk, for tests and simulations. Keeps everything until `close`. */
export function createMemoryStore(options: MemoryStoreOptions = {}): RelayStore {
  const rooms = new Map<RoomId, Room>();
  const settled = new Map<string, SettledCommand>();
  const numbers = new Map<DeviceId, number>();
  const leases = new Map<number, Lease>();
  const claims = new Map<string, MemberId>();
  const claimed = new Set<number>();
  const jobs = new Set<RoomId>();
  let head = 0;
  let closed = false;

  const check = (): void => {
    if (closed) throw new StorageError('disk', 'the store is closed');
  };
  const roomFor = (room: RoomId): Room => {
    let found = rooms.get(room);
    if (!found)
      rooms.set(room, (found = { rows: [], readers: new Map(), bases: new Map(), names: new Map() }));
    return found;
  };
  const erase = ({ room, rows: erased, id, without }: Erasure, stored: StoredRow[]): void => {
    const { rows, bases, names } = roomFor(room);
    for (const { seq, bytes, files } of erased) {
      const at = rows.findIndex((row) => row.seq === seq);
      const after = { ...rows[at]!, bytes: bytes.slice() };
      const own = stored.indexOf(rows[at]!);
      rows[at] = after;
      if (own >= 0) stored[own] = after;
      for (const hash of files) names.get(hash)?.delete(seq);
    }
    for (const [seq, state] of bases)
      if (state.includes(id)) bases.set(seq, JSON.stringify(without(JSON.parse(state))));
  };
  const headOf = (room: RoomId, { rows }: Room): RoomHead | null => {
    const last = rows.at(-1);
    return last ? { room, rows: last.seq + 1, cursor: last.cursor, by: last.by, at: last.at } : null;
  };
  const history = createMemoryHistory(rooms);
  const key = (device: DeviceId, id: string): string => `${device}/${id}`;

  return {
    workspace: options.workspace ?? newId<WorkspaceId>(),
    epoch: options.epoch ?? newId(),
    epochs: options.epochs ?? [],
    receiptKey: options.receiptKey ?? crypto.getRandomValues(new Uint8Array(32)),
    backedUp: () => 0,
    commit(batch) {
      check();
      options.beforeCommit?.();
      for (const { client } of batch.leases)
        if (leases.has(client)) throw new StorageError('disk', `client id ${client} is leased`);
      for (const { client, room } of batch.claims)
        if (claims.has(`${client}/${room}`)) throw new StorageError('disk', `client id ${client} is claimed`);
      const ids = batch.commands.map(({ device, result }) => key(device, result.id));
      if (new Set(ids).size < ids.length || ids.some((id) => settled.has(id)))
        throw new StorageError('disk', 'a command is settled twice');
      // Last of what may throw: nothing has changed yet.
      for (const write of batch.also) write();

      const stored = batch.rows.map(({ room, by, at, bytes, names = [] }): StoredRow => {
        const { rows, names: known } = roomFor(room);
        const row = { room, cursor: ++head, seq: (rows.at(-1)?.seq ?? -1) + 1, by, at, bytes: bytes.slice() };
        rows.push(row);
        for (const name of names) known.set(name, (known.get(name) ?? new Set()).add(row.seq));
        return row;
      });
      for (const erasure of batch.erasures) erase(erasure, stored);
      for (const command of batch.commands) {
        const { device, n, result } = command;
        settled.set(key(device, result.id), command);
        numbers.set(device, Math.max(n, numbers.get(device) ?? 0));
      }
      for (const lease of batch.leases) leases.set(lease.client, lease);
      for (const { client, room, member } of batch.claims) {
        claims.set(`${client}/${room}`, member);
        claimed.add(client);
      }
      for (const { room, readers } of batch.readers) {
        const known = roomFor(room).readers;
        const wanted = new Set<MemberId | '*'>(readers === 'everyone' ? ['*'] : readers);
        for (const member of known.keys()) if (!wanted.has(member)) known.delete(member);
        for (const member of wanted) if (!known.has(member)) known.set(member, head);
      }
      for (const { room, isOpen } of batch.jobs) {
        if (isOpen) jobs.add(room);
        else jobs.delete(room);
      }
      return stored;
    },
    tidy: check,
    head: () => head,
    room(room) {
      check();
      const found = rooms.get(room);
      return found ? headOf(room, found) : null;
    },
    changedRooms(member, since, limit) {
      check();
      const all: ChangedHead[] = [];
      for (const [room, found] of rooms) {
        const known = headOf(room, found);
        if (!known) continue;
        const own = found.readers.get(member);
        if (own === undefined && (isGuest(member) || !found.readers.has('*'))) continue;
        if (known.cursor > since) all.push({ ...known, changed: known.cursor });
        else if (own !== undefined && own > since) all.push({ ...known, changed: own });
      }
      all.sort((a, b) => a.changed - b.changed);
      const last = all[limit - 1];
      return last ? all.filter((each, i) => i < limit || each.changed === last.changed) : all;
    },
    fewRowsAfter(room, cursor, mostRows, mostBytes) {
      const rows = (rooms.get(room)?.rows ?? []).filter((row) => row.cursor > cursor);
      const bytes = rows.reduce((sum, row) => sum + row.bytes.length, 0);
      return rows.length > mostRows || bytes > mostBytes ? null : rows;
    },
    rowsAfter: (room, cursor) => (rooms.get(room)?.rows ?? []).filter((row) => row.cursor > cursor),
    rowsFrom(room, seq, limit) {
      const rows = rooms.get(room)?.rows ?? [];
      // Where rows were merged, those behind them do not stand at their position any more.
      const first = rows[seq]?.seq === seq ? seq : rows.findIndex((row) => row.seq >= seq);
      return first < 0 ? [] : rows.slice(first, first + limit);
    },
    naming: (room, name) => [...(rooms.get(room)?.names.get(name) ?? [])].sort((a, b) => a - b),
    history,
    snapshot(room) {
      const checkpoint = history.checkpoint(room);
      if (!checkpoint) return null;
      const { cursor, parts } = checkpoint;
      const all = Array.from({ length: parts }, (_, part) => history.part(room, cursor, part)!.bytes);
      return { cursor, bytes: Buffer.concat(all) };
    },
    base(room, upTo) {
      const bases = rooms.get(room)?.bases ?? new Map<number, string>();
      const seq = Math.max(-1, ...[...bases.keys()].filter((each) => each <= upTo));
      const state = bases.get(seq);
      return state === undefined ? null : { seq, state: JSON.parse(state) as unknown };
    },
    saveBase(room, seq, state) {
      check();
      roomFor(room).bases.set(seq, JSON.stringify(state));
    },
    settled: (device, id) => settled.get(key(device, id))?.result ?? null,
    forgetAnswers(before, most) {
      let left = most;
      for (const device of numbers.keys()) {
        const own = [...settled].filter(([, command]) => command.device === device);
        for (const [id, { at }] of own.sort(([, a], [, b]) => b.n - a.n).slice(keptAnswers))
          if (at < before && left-- > 0) settled.delete(id);
      }
      return left <= 0;
    },
    lastCommand: (device) => numbers.get(device) ?? 0,
    leaseHolder: (client) => leases.get(client) ?? null,
    claimHolder: (client, room) => claims.get(`${client}/${room}`) ?? null,
    highestLease: () => [...leases.keys()].reduce((highest, client) => Math.max(highest, client), 0),
    isClientTaken: (client) => leases.has(client) || claimed.has(client),
    openJobs: () => [...jobs].sort(),
    rooms: (prefix) =>
      [...rooms]
        .flatMap(([room, found]) => (room.startsWith(prefix) ? (headOf(room, found) ?? []) : []))
        .sort((a, b) => (a.room < b.room ? -1 : 1)),
    probe: check,
    close() {
      closed = true;
    },
  };
}
