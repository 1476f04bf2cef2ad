import * as Y from 'yjs';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { Bytes } from '../../../shared/base/bytes.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { decodeClientMessage, decodeRelayMessage } from '../../../shared/protocol/codec.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import type { RelayMessage, RoomContent } from '../../../shared/protocol/messages.ts';
import { relayDevice } from '../../../server/relay/appending.ts';
import { handedDevice } from '../../../server/relay/updates.ts';
import type { RelayStore, StoredRow, WriteBatch } from '../../../server/storage/contract.ts';
import type { Line } from './network.ts';
import type { Commit } from './relay-data.ts';
import { Broken, must } from './broken.ts';
import { ChatModel } from './chat-model.ts';
import { entryKey } from './entry-key.ts';
import { Rights } from './rights.ts';

interface Doc {
  deleted: boolean;
}
interface Room {
  readonly rows: StoredRow[];
  /** Logs. */
  readonly entries: LogEntry[];
  /** The same by what tells them apart. */
  readonly said: Set<string>;
  /** Texts: the next clock of each client. */
  readonly clocks: Map<number, number>;
}
/** A deletion or struct that the relay said it has. */
export interface Acked {
  readonly room: RoomId;
  readonly bytes: Bytes;
}

const isLog = (room: RoomId): boolean => {
  const kind = room.split('/')[1]!;
  return kind === 'directory' || kind === 'chat' || room.endsWith(':about');
};

/** A row for somebody who reads the trace. */
const inWords = ({ room, seq, bytes }: StoredRow): string => {
  if (isLog(room))
    return decodeLogRun(bytes)
      .map(({ id, type, at, data }) => `${room} ${seq} ${type} ${id} at ${at} ${JSON.stringify(data)}`)
      .join();
  const { structs, ds } = Y.decodeUpdate(bytes);
  const written = structs.map(({ id, length }) => `${id.clock}+${length} of ${id.client}`);
  const deleted = [...ds.clients].flatMap(([client, ranges]) =>
    ranges.map(({ clock, len }) => `-${clock}+${len} of ${client}`),
  );
  return `${room} ${seq} ${[...written, ...deleted].join(', ')}`;
};

/**
 * Knows the rules in a few lines of its own, sees everything that the relay stores and says, and objects at once. It
 * shares no code with the relay but the reading of frames.
 */
export class Oracle {
  readonly people = new Map<MemberId, { role: string; active: boolean }>();
  readonly chats = new Map<RoomId, ChatModel>();
  readonly docs = new Map<RoomId, Doc>();
  readonly rooms = new Map<RoomId, Room>();
  readonly leases = new Map<number, { member: MemberId; device: string }>();
  readonly acked: Acked[] = [];
  readonly ackedCommands = new Map<string, RoomId>();
  /** Commands whose wish the state said already. */
  readonly done = new Set<string>();
  /** Of the messages that a device numbered, the last that was stored in a room. */
  readonly #order = new Map<string, number>();
  readonly #asked = new Map<string, Acked>();
  /** When a member stopped being a reader, by turn of the relay. */
  readonly #left = new Map<string, number>();
  #read: { frame: Bytes; message: RelayMessage } | null = null;
  readonly #stored = new Map<number, StoredRow>();
  /** Who wrote under a client id in a room, and how far, and every entry there was: also before a restore. */
  readonly #everWritten = new Map<string, number>();
  /** With what was said before what. */
  readonly #everSaid = new Map<string, number>();
  #sayings = 0;
  readonly #everLeased = new Map<number, string>();
  /** Commands that made a conversation. */
  readonly #makings = new Map<RoomId, Set<string>>();
  readonly #rights = new Rights(this);
  /** Commits are those of the copy that is being restored, or what its journal brings back. */
  #restoring: 'no' | 'copy' | 'journal' = 'no';
  /** Devices of which there are two: what one sends says nothing of the order in which the other does. */
  readonly copied = new Set<string>();
  turn = 0;
  readonly #tell: (what: string, words: () => string) => void;
  /** The first thing that was wrong. */
  broken: Broken | null = null;

  /** `tell` is told what is stored. */
  constructor(tell: (what: string, words: () => string) => void) {
    this.#tell = tell;
  }

  /** The store as the relay sees it: every commit is looked at. */
  watch(store: RelayStore): RelayStore {
    return {
      ...store,
      commit: (batch) => {
        const rows = this.#attempt(() => store.commit(batch));
        this.#guard(() => this.#committed(batch, rows));
        return rows;
      },
    };
  }

  /** A commit fails because the disk does, and for no other reason: everybody else's work of that moment goes with it. */
  #attempt<T>(commit: () => T): T {
    try {
      return commit();
    } catch (error) {
      const { message } = error as Error;
      this.#guard(() => must(message === 'ENOSPC', () => `a commit failed: ${message}`));
      throw error;
    }
  }

  /** The relay must not turn an objection into an answer: it is kept, and ends the schedule. */
  #guard(check: () => void): void {
    if (this.broken) return;
    try {
      check();
    } catch (error) {
      this.broken = error instanceof Broken ? error : new Broken(String((error as Error).stack));
    }
  }

  /** What the relay logs as an error: the disk may fail, nothing else. */
  fault(error: unknown, said: string): void {
    const { message = String(error), stack = '' } = error as Error;
    this.#guard(() => must(message === 'ENOSPC', () => `${said}: ${message} ${stack}`));
  }

  /** The relay has gone back to what the copy says: what came after it is forgotten, but not that it was there. */
  restored(commits: readonly Commit[]): void {
    const { people, chats, docs, rooms, leases } = this;
    for (const known of [people, chats, docs, rooms, leases, this.#order, this.#left, this.#stored])
      known.clear();
    this.#restoring = 'copy';
    for (const [batch, rows] of commits) this.#guard(() => this.#committed(batch, rows));
    this.#restoring = 'journal';
  }

  /** The relay goes on from here: nobody may have a right that was taken away. */
  goesOn(): void {
    this.#restoring = 'no';
    this.#guard(() => this.#rights.check());
  }

  mayRead(member: MemberId, room: RoomId): boolean {
    if (!this.people.get(member)?.active) return false;
    const chat = this.#chatOf(room);
    return room.split('/')[1] === 'chat' ? (chat?.members.has(member) ?? false) : true;
  }

  readable(member: MemberId): RoomId[] {
    return [...this.rooms.keys()].filter((room) => this.mayRead(member, room));
  }

  room(room: RoomId): Room {
    let found = this.rooms.get(room);
    if (!found) this.rooms.set(room, (found = { rows: [], entries: [], said: new Set(), clocks: new Map() }));
    return found;
  }

  #chatOf(room: RoomId): ChatModel | undefined {
    return this.chats.get(room.split(':')[0] as RoomId);
  }

  #committed(batch: WriteBatch, rows: readonly StoredRow[]): void {
    for (const { client, member, device } of batch.leases) {
      must(!this.leases.has(client), () => `client id ${client} is given to a second device`);
      this.leases.set(client, { member, device });
      const ever = this.#everLeased.get(client) ?? device;
      must(ever === device, () => `client id ${client} was ${ever}'s and is given to ${device}`);
      this.#everLeased.set(client, device);
    }
    rows.forEach((row, i) => {
      const room = this.room(row.room);
      must(row.seq === room.rows.length, () => `row ${row.seq} of ${row.room} is not the next one`);
      must(!this.#stored.has(row.cursor), () => `cursor ${row.cursor} is used twice`);
      this.#stored.set(row.cursor, row);
      room.rows.push(row);
      const device = batch.rows[i]!.device;
      if (this.#restoring !== 'copy')
        this.#tell('stored', () => `${row.cursor}: ${inWords(row)} by ${row.by} (${device})`);
      if (isLog(row.room)) this.#entry(room, row, device);
      else this.#text(room, row, device);
    });
    if (this.#restoring === 'no') this.#rights.check();
  }

  #text(room: Room, row: StoredRow, device: string): void {
    const isHanded = device === handedDevice;
    must(isHanded || (this.people.get(row.by)?.active ?? false), () => `${row.by} wrote after leaving`);
    if (row.room.includes('/doc/')) {
      const doc = this.docs.get(`${row.room}:about` as RoomId);
      must(
        doc !== undefined && (isHanded || !doc.deleted),
        () => `${row.room} took an update while it is not there`,
      );
    }
    const { structs, ds } = Y.decodeUpdate(row.bytes);
    for (const struct of structs) {
      const { client, clock } = struct.id;
      must(!(struct instanceof Y.Skip), () => 'a gap was stored');
      const known = room.clocks.get(client) ?? 0;
      must(clock === known, () => `clock ${clock} of ${client} in ${row.room} is not the next one, ${known}`);
      room.clocks.set(client, clock + struct.length);
      const holder = this.leases.get(client);
      const written = `${row.by} ${row.room} ${client}`;
      if (isHanded)
        must(
          (this.#everWritten.get(written) ?? 0) >= clock + struct.length,
          () => `${row.room} took back ${clock} of ${client} by ${row.by}, who never wrote it`,
        );
      else
        must(
          holder?.device === device && holder.member === row.by,
          () => `${row.by} (${device}) wrote under ${client}, which is ${holder?.device ?? 'nobody'}'s`,
        );
      this.#everWritten.set(written, Math.max(this.#everWritten.get(written) ?? 0, clock + struct.length));
      const parent: unknown = struct instanceof Y.Item ? struct.parent : null;
      if (!(struct instanceof Y.Item) || !row.room.includes('/doc/')) continue;
      if (typeof parent === 'string') must(parent === 'content', () => `root ${parent} in a doc`);
      const type = struct.content instanceof Y.ContentType ? struct.content.type : null;
      if (type instanceof Y.XmlElement) must(type.nodeName !== 'script', () => 'a script in a doc');
    }
    for (const [client, ranges] of ds.clients)
      for (const { clock, len } of ranges)
        must(
          clock + len <= (room.clocks.get(client) ?? 0),
          () => `${row.room} took the deletion of something unknown`,
        );
  }

  #entry(room: Room, row: StoredRow, device: string): void {
    const entries = decodeLogRun(row.bytes);
    must(entries.length === 1, () => 'a row of a log is one entry');
    const entry = entries[0]!;
    const { type, by } = entry;
    must(
      entry.seq === row.seq && by === row.by,
      () => `entry ${entry.seq} of ${row.room} is not what its row says`,
    );
    must(
      !room.entries.some(({ id }) => id === entry.id),
      () => `${type} ${entry.id} is twice in ${row.room}`,
    );
    room.entries.push(entry);
    const said = entryKey(row.room, entry);
    const whole = said + JSON.stringify(entry.data);
    if (device === handedDevice) {
      must(this.#everSaid.has(whole), () => `${row.room} took back ${type} by ${by}, who never did it`);
      must(!room.said.has(said), () => `${type} ${entry.id} is twice in ${row.room}`);
    } else if (this.#restoring === 'no') this.#rights.note(row.room, entry, device === relayDevice);
    room.said.add(said);
    // A command that is sent again after its entry was lost is said anew.
    const isSaid = device !== handedDevice && (this.#restoring === 'no' || !this.#everSaid.has(whole));
    if (isSaid) this.#everSaid.set(whole, this.#sayings++);
    if (device !== relayDevice && device !== handedDevice) {
      must(this.people.get(by)?.active ?? false, () => `${by} did ${type} after leaving`);
      const counted = /^#(\d+) /.exec((entry.data as { text?: string }).text ?? '');
      if (counted && !this.copied.has(device)) {
        const number = Number(counted[1]);
        const last = this.#order.get(`${device} ${row.room}`) ?? -1;
        must(number > last, () => `${device} sent #${number} after #${last} to ${row.room}`);
        this.#order.set(`${device} ${row.room}`, number);
      }
    }
    this.#apply(row.room, entry, device === handedDevice, device === relayDevice);
  }

  /** `isBack`: the right to do it was looked at before; `isFact`: it needs no look. */
  #apply(room: RoomId, entry: LogEntry, isBack: boolean, isFact: boolean): void {
    const { id, seq, type, by, data } = entry;
    const isGiven = isBack || isFact;
    const said = data as { member: MemberId; members: MemberId[]; role: string };
    const chat = this.#chatOf(room);
    const isOwner = (): boolean =>
      chat?.ownerAmong((member) => this.people.get(member)?.active ?? false) === by;
    const isIn = (): void =>
      must(
        isGiven || (chat?.members.has(by) ?? false),
        () => `${by} did ${type} in ${room} without being in it`,
      );
    switch (type) {
      case 'member.join':
        this.people.set(said.member, { role: said.role, active: true });
        return;
      case 'member.role':
      case 'member.remove': {
        const role = this.people.get(by)?.role;
        const target = this.people.get(said.member)!;
        must(
          isGiven ||
            role === 'owner' ||
            (role === 'admin' && target.role === 'member' && said.role !== 'owner'),
          () => `${by}, a ${role}, did ${type} to ${said.member}`,
        );
        if (type === 'member.role') target.role = said.role;
        else {
          target.active = false;
          for (const each of this.rooms.keys()) this.#left.set(`${said.member} ${each}`, this.turn);
        }
        return;
      }
      case 'chat.create':
        must(!chat, () => `${room} was made twice`);
        this.#made(room, id);
        this.chats.set(room, new ChatModel(by, said.members, seq));
        return;
      case 'chat.addMembers':
        isIn();
        chat?.add(said.members, seq, this.#saidAs(room, entry));
        return;
      case 'chat.set':
        must(isGiven || isOwner(), () => `${by} changed the settings of ${room}`);
        if (chat) chat.isLimited = (data as { newcomersRead?: string }).newcomersRead === 'fromThen';
        return;
      case 'chat.removeMember':
        isIn();
        must(isGiven || isOwner(), () => `${by} took somebody out of ${room}`);
        return this.#leave(room, chat, said.member);
      case 'chat.leave':
        isIn();
        return this.#leave(room, chat, by);
      case 'chat.send':
      case 'chat.rename':
      case 'chat.read':
        return isIn();
      case 'doc.create':
        // One that was made anew while the first was lost stays as it is when that comes back.
        must(isBack || !this.docs.has(room), () => `${room} was made twice`);
        if (!this.docs.has(room)) this.docs.set(room, { deleted: false });
        return;
      case 'doc.delete':
      case 'doc.restore':
        must(this.docs.has(room), () => `${type} of ${room}, which is not there`);
        this.docs.get(room)!.deleted = type === 'doc.delete';
        return;
      default:
        return;
    }
  }

  #made(room: RoomId, id: string): void {
    const ids = this.#makings.get(room);
    if (ids) ids.add(id);
    else this.#makings.set(room, new Set([id]));
  }

  /** Conversations of one name were made more than once, each after a restore took the one before. */
  wasMadeAnew(room: RoomId): boolean {
    return (this.#makings.get(room.split(':')[0] as RoomId)?.size ?? 0) > 1;
  }

  #leave(room: RoomId, chat: ChatModel | undefined, member: MemberId): void {
    chat?.leave(member);
    this.#left.set(`${member} ${room}`, this.turn);
    this.#left.set(`${member} ${room}:reads`, this.turn);
  }

  /** The relay handed a frame to the network. */
  said(line: Line, frame: Bytes): void {
    this.#guard(() => this.#said(line, frame));
  }

  #said(line: Line, frame: Bytes): void {
    if (!line.caller) return;
    // One frame goes to many.
    if (frame !== this.#read?.frame) {
      const decoded = decodeRelayMessage(frame);
      must(decoded.ok, () => 'the relay sent what cannot be read');
      if (decoded.ok) this.#read = { frame, message: decoded.value };
    }
    const { message } = this.#read!;
    const { member, device } = line.caller;
    switch (message.type) {
      case 'rows':
        for (const row of message.rows) {
          const stored = this.#stored.get(row.cursor);
          must(
            stored?.room === row.room && stored.seq === row.seq,
            () => `row ${row.cursor} of ${row.room} was shown and is not stored`,
          );
          this.#mustRead(member, row.room);
          if (isLog(row.room)) this.#mustKnow(member, row.room, this.room(row.room).entries[row.seq]);
        }
        return;
      case 'batch':
        for (const content of message.rooms) this.#content(member, content);
        return;
      case 'history':
        if (message.content) this.#content(member, message.content);
        return;
      case 'changed':
        for (const { room } of message.changed.rooms) this.#mustRead(member, room);
        return;
      case 'awareness':
        return this.#mustRead(member, message.room);
      case 'acked': {
        const asked = this.#asked.get(`${line.id} ${message.request}`);
        must(asked !== undefined, () => 'acknowledged what nobody asked');
        const clocks = this.room(asked!.room).clocks;
        for (const { id, length } of Y.decodeUpdate(asked!.bytes).structs)
          must(
            (clocks.get(id.client) ?? 0) >= id.clock + length,
            () => `${asked!.room}: acknowledged up to ${id.clock + length} of ${id.client} and not stored`,
          );
        this.acked.push(asked!);
        return;
      }
      case 'result': {
        const { result } = message;
        if (!result.ok) return;
        if (result.seq === null) return void this.done.add(result.id);
        const place = this.#asked.get(`${device} ${result.id}`);
        must(place !== undefined, () => 'answered what nobody asked');
        must(
          this.room(place!.room).entries[result.seq]?.id === result.id,
          () => `command ${result.id} of ${device} was acknowledged and is not stored`,
        );
        this.ackedCommands.set(result.id, place!.room);
        return;
      }
      case 'leased':
        for (const id of message.ids)
          must(this.leases.get(id)?.device === device, () => `lease ${id} was told and is not stored`);
        return;
      default:
        return;
    }
  }

  #content(member: MemberId, content: RoomContent): void {
    // A room that is about to be made, and that a full disk may still prevent, is shown as empty.
    if (content.cursor === 0 && (content.kind === 'log' ? content.entries : content.updates).length === 0)
      return;
    this.#mustRead(member, content.room);
    const { rows, entries } = this.room(content.room);
    must(
      content.cursor <= (rows.at(-1)?.cursor ?? 0),
      () => `${content.room} was shown up to ${content.cursor}, which is not stored`,
    );
    if (content.kind !== 'log') return;
    must(content.head <= rows.length, () => `${content.room} was shown longer than it is stored`);
    for (const entry of content.entries) {
      must(
        entries[entry.seq]?.id === entry.id,
        () => `${content.room}: another entry ${entry.seq} was shown`,
      );
      this.#mustKnow(member, content.room, entry);
    }
    const { last } = (content.base ?? {}) as { last?: { seq: number } | null };
    if (last) this.#mustKnow(member, content.room, entries[last.seq]);
  }

  /** Whoever was let in without what was before is not shown it, wherever a restore has put it. */
  #mustKnow(member: MemberId, room: RoomId, entry: LogEntry | undefined): void {
    if (!entry || this.#leftJustNow(member, room)) return;
    must(this.mayKnow(member, room, entry), () => `${member} was shown ${entry.id}, from before they came`);
  }

  mayKnow(member: MemberId, room: RoomId, entry: LogEntry): boolean {
    return this.chats.get(room)?.mayKnow(member, this.#saidAs(room, entry)) ?? true;
  }

  #saidAs(room: RoomId, entry: LogEntry): number {
    return this.#everSaid.get(entryKey(room, entry) + JSON.stringify(entry.data)) ?? Infinity;
  }

  #mustRead(member: MemberId, room: RoomId): void {
    // What was answered in the turn in which the right ended, or in the hello that stored the end, leaves with that turn.
    must(this.mayRead(member, room) || this.#leftJustNow(member, room), () => `${member} was shown ${room}`);
  }

  #leftJustNow(member: MemberId, room: RoomId): boolean {
    return (this.#left.get(`${member} ${room}`) ?? -2) >= this.turn - 1;
  }

  /** A frame is about to reach the relay. */
  heard(line: Line, frame: Bytes): void {
    const decoded = decodeClientMessage(frame);
    if (!decoded.ok || !line.caller) return;
    const message = decoded.value;
    if (message.type === 'update')
      this.#asked.set(`${line.id} ${message.request}`, { room: message.room, bytes: message.bytes as Bytes });
    if (message.type === 'command')
      this.#asked.set(`${line.caller.device} ${message.command.id}`, {
        room: message.command.room,
        bytes: frame,
      });
  }
}
