import type { LogEntry } from '../../shared/access/kind.ts';
import { errorTable, failure, type Failure } from '../../shared/base/errors.ts';
import { newId, type CommandId, type DeviceId, type MemberId, type RoomId } from '../../shared/base/ids.ts';
import type { Result } from '../../shared/base/result.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type {
  CommandResult,
  LogContent,
  RelayMessage,
  Row,
  Welcome,
} from '../../shared/protocol/messages.ts';
import { partOf } from '../../shared/protocol/rooms.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import type { UploadWatch } from '../data/blobs.ts';
import { Connection, ConnectionLost, type Answer } from '../data/sync/connection.ts';
import type { OpenSocket, Timers } from '../data/sync/contract.ts';
import { Reconnect } from '../data/sync/reconnect.ts';
import { decodeStates, encodeState, type SeenState } from './awareness.ts';
import type { GuestStore, KeptFile, Progress } from './contract.ts';
import { targetOf } from './messages.ts';

/** Entries that are fetched at a time, from the newest towards the first. */
const page = 60;
/** How long to wait after the relay said "later", and with a file that did not get through. Milliseconds. */
const laterAfter = 2_000;
const fileAgainAfter = 5_000;
/** A restored relay may have lost messages of about this age; of older ones it does not know for sure that it had them. */
const sentAgain = 14 * 86_400_000;

export interface EngineDeps {
  readonly member: MemberId;
  /** Their own conversation. */
  readonly chat: RoomId;
  readonly device: DeviceId;
  readonly store: GuestStore;
  readonly openSocket: OpenSocket;
  readonly timers: Timers;
  /** 0 (inclusive) to 1 (exclusive); spreads reconnects. */
  readonly random: () => number;
  readonly upload: (file: KeptFile, watch: UploadWatch) => Promise<Result<true, Failure>>;
  /** Why this browser's session is over; null while it is not, or nobody can be asked. */
  readonly isOver: () => Promise<Failure | null>;
}

export interface EngineEvents {
  /** Something in the store is different. */
  changed(): void;
  connection(is: 'offline' | 'connecting' | 'online'): void;
  /** Members of the company with a page open, as far as the relay tells guests. */
  present(members: readonly MemberId[]): void;
  /** Of the room that is looked at. */
  states(states: readonly SeenState[]): void;
  /** This guest is in that group no more. */
  lost(room: RoomId): void;
  sent(hash: string, bytes: number): void;
  over(why: Failure): void;
  /** Something of this page or device did not work; it goes on. */
  failed(error: unknown): void;
}

/**
 * Keeps a guest's copy of their own conversation and their groups and the relay the same: a device of the protocol
 * (PROTOCOL.md) that writes commands and no texts. It knows no DOM, and holds nothing that is not in the store.
 */
export class GuestEngine {
  readonly #deps: EngineDeps;
  readonly #events: EngineEvents;
  /** Conversations that are followed, their own first, and the one that is looked at. */
  #rooms: readonly RoomId[];
  #at: RoomId;
  readonly #reconnect: Reconnect;
  #connection: Connection | null = null;
  #welcome: Welcome | null = null;
  #stopped = false;
  /** What the relay gives is stored in the order in which it came. */
  #order: Promise<void> = Promise.resolve();
  #n = 0;
  #asked: {
    readonly id: CommandId;
    resolve(result: CommandResult): void;
    reject(error: Error): void;
  } | null = null;
  #sending: Promise<void> | null = null;
  #again = false;
  #uploading = false;
  readonly #readUpTo = new Map<RoomId, number>();
  #client: number | null = null;
  #state: Readonly<Record<string, true>> | null = null;
  #clock = 0;

  constructor(deps: EngineDeps, events: EngineEvents) {
    this.#deps = deps;
    this.#events = events;
    this.#rooms = [deps.chat];
    this.#at = deps.chat;
    this.#reconnect = new Reconnect(deps.timers, deps.random, () => this.#connect());
  }

  start(): void {
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#reconnect.stop();
    this.#connection?.end();
  }

  /** Something waits in the store. */
  wake(): void {
    if (this.#welcome) this.#run(this.#sendAll());
  }

  /** The network changed, or the device woke up. */
  networkIsBack(): void {
    this.#connection?.probe();
    this.#reconnect.now();
  }

  /** Everything of a conversation up to this entry was read. */
  read(room: RoomId, upTo: number): void {
    if (upTo <= (this.#readUpTo.get(room) ?? -1)) return;
    this.#readUpTo.set(room, upTo);
    this.wake();
  }

  /** These are the groups in which the guest is. */
  follow(groups: readonly RoomId[]): void {
    const before = this.#rooms;
    this.#rooms = [this.#deps.chat, ...groups];
    const [connection, welcome] = [this.#connection, this.#welcome];
    const more = groups.filter((room) => !before.includes(room));
    if (!connection || !welcome || more.length === 0) return;
    this.#inOrder(async () => {
      for (const room of more) await this.#beginRoom(room, welcome);
      await this.#pull(connection);
    });
  }

  /** The guest looks at this conversation: who is there is told of no other. */
  lookAt(room: RoomId): void {
    if (room === this.#at) return;
    this.#tellState(null);
    this.#connection?.send({ type: 'unwatch', room: this.#at });
    this.#at = room;
    if (this.#welcome) this.#connection?.send({ type: 'watch', room });
    this.#tellState();
  }

  /** What others see of this guest: `{ here: true }`, `{ typing: true }`; null when the page is out of sight. */
  show(state: Readonly<Record<string, true>> | null): void {
    this.#state = state;
    this.#tellState();
  }

  /** Fetches what came before the oldest entry that is here of the conversation that is looked at; false where the relay cannot be asked. */
  async older(): Promise<boolean> {
    const connection = this.#connection;
    if (!connection || !this.#welcome) return false;
    try {
      await this.#older(connection, this.#at);
      return true;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) this.#events.failed(error);
      return false;
    }
  }

  #connect(): void {
    if (this.#stopped || this.#connection) return;
    this.#events.connection('connecting');
    this.#connection = new Connection(this.#deps.openSocket, this.#deps.timers, {
      opened: () => {
        const hello = { version: protocolVersion, schema: schemaVersion, device: this.#deps.device };
        this.#connection?.send({ type: 'hello', hello });
      },
      message: (message) => this.#message(message),
      closed: (code, reason) => this.#closed(code, reason),
    });
  }

  #closed(code: number, reason: Failure | null): void {
    const wasWelcome = this.#welcome !== null;
    this.#connection = null;
    this.#welcome = null;
    this.#asked?.reject(new ConnectionLost());
    this.#asked = null;
    if (this.#stopped) return;
    this.#events.connection('offline');
    const isOver = code === 4401 || reason?.code === 'session-ended' || reason?.code === 'not-signed-in';
    // Browsers do not tell a refusal from a lost network: the relay is asked over HTTP.
    if (isOver || !wasWelcome) this.#run(this.#askWhetherOver());
    this.#reconnect.later(code >= 4400 && code < 4500 ? 10_000 : 0);
  }

  async #askWhetherOver(): Promise<void> {
    const why = await this.#deps.isOver();
    if (!why || this.#stopped) return;
    this.stop();
    this.#events.over(why);
  }

  #message(message: Exclude<RelayMessage, Answer>): void {
    switch (message.type) {
      case 'welcome':
        return this.#welcomed(message.welcome);
      case 'rows':
        return this.#inOrder(() => this.#takeRows(message.rows));
      case 'result':
        if (this.#asked?.id === message.result.id) this.#asked.resolve(message.result);
        return;
      case 'lost':
        if (message.room === this.#deps.chat) this.#run(this.#askWhetherOver());
        else if (this.#rooms.includes(message.room)) this.#events.lost(message.room);
        return;
      case 'presence':
        return this.#events.present(message.online);
      case 'awareness':
        if (message.room === this.#at) this.#events.states(decodeStates(message.bytes));
        return;
      case 'error':
      case 'pong':
      case 'notice':
        return;
    }
  }

  #welcomed(welcome: Welcome): void {
    const connection = this.#connection;
    if (!connection || this.#welcome) return;
    if (welcome.member !== this.#deps.member) {
      // Another page of this browser began anew.
      this.stop();
      return this.#events.over(failure('forbidden', 'this browser is another guest now'));
    }
    this.#welcome = welcome;
    this.#n = welcome.lastCommand;
    this.#reconnect.succeeded();
    this.#events.connection('online');
    this.#run(this.#begin(connection, welcome));
  }

  async #begin(connection: Connection, welcome: Welcome): Promise<void> {
    for (const room of this.#rooms) await this.#beginRoom(room, welcome);
    this.#inOrder(() => this.#pull(connection));
    await this.#order;
    connection.send({ type: 'watch', room: this.#at });
    this.#run(this.#lease(connection));
    await this.#sendAll();
  }

  /**
   * What a restored relay lost of others it gets from their devices. Own messages are said again, under their own ids:
   * the relay knows those it still has.
   */
  async #beginRoom(room: RoomId, { epoch, now }: Welcome): Promise<void> {
    const { store, member } = this.#deps;
    const before = (await store.progress(room)).epoch;
    if (before === epoch) return;
    if (before !== null) {
      for (const { id, seq, room: of } of await store.outbox())
        if (seq !== null && of === room) await store.settle(id, { seq: null, failure: null });
      for (const { id, by, at, type, data } of await store.entries(room))
        if (by === member && type === 'chat.send' && at > now - sentAgain && !hasNoWords(data))
          await store.push({ id, room, type, data, at, seq: null, failure: null });
    }
    await store.add(room, [], { epoch, head: 0, readsHead: 0, complete: false });
  }

  async #pull(connection: Connection): Promise<void> {
    const { store, chat } = this.#deps;
    const gone = new Set<RoomId>();
    for (let unfinished = true; unfinished;) {
      const rooms = this.#rooms.filter((room) => !gone.has(room));
      const wants = [];
      for (const room of rooms) {
        const { head, readsHead } = await store.progress(room);
        wants.push(
          { room, cursor: 0, have: head },
          { room: partOf(room, 'reads'), cursor: 0, have: readsHead },
        );
      }
      const answer = await connection.ask({ type: 'pull', wants });
      if (answer.type !== 'batch') throw new Error(`unexpected answer ${answer.type}`);
      if (answer.missing.includes(chat)) return this.#run(this.#askWhetherOver());
      for (const room of rooms)
        if (answer.missing.includes(room)) {
          gone.add(room);
          this.#events.lost(room);
        }
      const contents = answer.rooms.filter((content): content is LogContent => content.kind === 'log');
      for (const content of contents) await this.#takeContent(content);
      const isShort = ({ entries, from, head: end }: LogContent): boolean =>
        entries.length > 0 && from + entries.length < end;
      const rest = wants.length - contents.length - answer.missing.length - answer.damaged.length;
      unfinished = contents.length > 0 && (rest > 0 || contents.some(isShort));
    }
    for (const room of this.#rooms) {
      const [entries, { head }] = [await store.entries(room), await store.progress(room)];
      // Of what is short, whether there is anything before it; nobody should have to ask for nothing.
      if (entries.length < page && head > 0 && !gone.has(room)) await this.#older(connection, room);
    }
    this.#events.changed();
  }

  async #takeContent({ room, from, head, base, entries }: LogContent): Promise<void> {
    const { store } = this.#deps;
    const chat = partOf(room, null);
    if (!this.#rooms.includes(chat)) return;
    const before = await store.progress(chat);
    const upTo = entries.length > 0 ? from + entries.length : head;
    if (room !== chat) {
      const known = base === null ? before.positions : positionsIn(base);
      await store.add(chat, [], { readsHead: upTo, positions: withReads(known, entries) });
    } else {
      const isGap = before.head === 0 || from > before.head;
      await store.add(chat, entries, { head: upTo, ...(isGap ? { complete: from === 0 } : {}) }, isGap);
    }
  }

  async #older(connection: Connection, room: RoomId): Promise<void> {
    const { store } = this.#deps;
    const { head, complete } = await store.progress(room);
    if (complete) return;
    const [oldest] = await store.entries(room);
    const before = oldest?.seq ?? head;
    const answer = await connection.ask({ type: 'history', room, before, limit: page });
    if (answer.type !== 'history') return;
    const entries = answer.content?.entries ?? [];
    await store.add(room, entries, { complete: entries.length === 0 || answer.content?.from === 0 });
    this.#events.changed();
  }

  async #takeRows(rows: readonly Row[]): Promise<void> {
    const { store } = this.#deps;
    let isBehind = false;
    for (const { room, seq, bytes } of rows) {
      const chat = partOf(room, null);
      if (!this.#rooms.includes(chat)) continue;
      const { head, readsHead, positions } = await store.progress(chat);
      const have = room === chat ? head : readsHead;
      if (seq > have) isBehind = true;
      if (seq !== have) continue;
      const entries = decodeLogRun(bytes);
      if (room === chat) await store.add(chat, entries, { head: seq + 1 });
      else await store.add(chat, [], { readsHead: seq + 1, positions: withReads(positions, entries) });
    }
    if (isBehind && this.#connection) await this.#pull(this.#connection);
    this.#events.changed();
  }

  /** Commands in the order they were made, one at a time, so that none overtakes another; then how far was read; then files. */
  async #sendAll(): Promise<void> {
    this.#again = true;
    this.#sending ??= this.#sendWaiting().finally(() => (this.#sending = null));
    await this.#sending;
    await this.#sendFiles();
  }

  async #sendWaiting(): Promise<void> {
    const { store, member } = this.#deps;
    while (this.#again) {
      this.#again = false;
      for (;;) {
        const next = (await store.outbox()).find(({ seq, failure: refused }) => seq === null && !refused);
        if (!next) break;
        const { id, room, type, data } = next;
        if (await this.#settle(await this.#command(id, room, type, await this.#placed(room, data)), room))
          this.#events.changed();
        else await this.#wait(laterAfter);
      }
      for (const [room, upTo] of this.#readUpTo) {
        const { positions } = await store.progress(room);
        if (!this.#rooms.includes(room) || upTo <= (positions[member] ?? -1)) continue;
        await this.#command(newId<CommandId>(), partOf(room, 'reads'), 'chat.read', { upTo });
        await store.add(room, [], { positions: { ...positions, [member]: upTo } });
      }
    }
  }

  /** What was said of an own message before the relay had it names the place where it is now. */
  async #placed(room: RoomId, data: unknown): Promise<unknown> {
    const { store } = this.#deps;
    const target = targetOf({ data });
    if (!target) return data;
    const isIt = ({ id }: { readonly id: CommandId }): boolean => id === target.id;
    const seq = (await store.entries(room)).find(isIt)?.seq ?? (await store.outbox()).find(isIt)?.seq;
    return seq === undefined || seq === null ? data : { ...(data as object), target: { ...target, seq } };
  }

  #command(id: CommandId, room: RoomId, type: string, data: unknown): Promise<CommandResult> {
    const connection = this.#connection;
    if (!connection || !this.#welcome) return Promise.reject(new ConnectionLost());
    return new Promise<CommandResult>((resolve, reject) => {
      this.#asked = { id, resolve, reject };
      connection.send({ type: 'command', command: { id, n: ++this.#n, room, type, data } });
    });
  }

  /** False when it has to be sent again. */
  async #settle(result: CommandResult, room: RoomId): Promise<boolean> {
    const { store } = this.#deps;
    if (result.ok) {
      const { seq } = result;
      const { head } = await store.progress(room);
      await store.settle(result.id, seq === null || seq < head ? 'done' : { seq, failure: null });
      return true;
    }
    if (result.code === 'out-of-order') {
      // Another page of this browser counted on: the next welcome says where to go on.
      this.#connection?.end();
      throw new ConnectionLost();
    }
    if (errorTable[result.code].retry) return false;
    await store.settle(result.id, { seq: null, failure: result.code });
    return true;
  }

  async #sendFiles(): Promise<void> {
    const { store, upload } = this.#deps;
    if (this.#uploading) return;
    this.#uploading = true;
    try {
      for (;;) {
        const file = (await store.files()).find(({ pending, failure: refused }) => pending && !refused);
        if (!file || !this.#welcome) return;
        const wanted: UploadWatch['wanted'] = async () =>
          !(await store.file(file.hash)) ? 'never' : this.#welcome ? 'now' : 'later';
        const sent = (bytes: number): void => this.#events.sent(file.hash, bytes);
        const answer = await upload(file, { sent, wanted });
        if (!(await store.file(file.hash))) continue;
        if (answer.ok) await store.keep({ ...file, pending: false });
        else if (!errorTable[answer.error.code].retry) await store.keep({ ...file, failure: answer.error });
        else return void this.#deps.timers.after(fileAgainAfter, () => this.wake());
        this.#events.changed();
      }
    } finally {
      this.#uploading = false;
    }
  }

  async #lease(connection: Connection): Promise<void> {
    if (this.#client === null) {
      const answer = await connection.ask({ type: 'lease', count: 1 });
      this.#client = answer.type === 'leased' ? (answer.ids[0] ?? null) : null;
    }
    this.#tellState();
  }

  #tellState(state = this.#state): void {
    if (this.#client === null || !this.#welcome) return;
    // Rising over reloads of the page too: others take nothing older under the same id.
    this.#clock = Math.max(this.#deps.timers.now(), this.#clock + 1);
    const bytes = encodeState(this.#client, this.#clock, state);
    this.#connection?.send({ type: 'awareness', room: this.#at, bytes });
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#deps.timers.after(milliseconds, resolve));
  }

  #inOrder(work: () => Promise<void>): void {
    this.#order = this.#order.then(work).catch((error: unknown) => this.#failed(error));
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.#failed(error));
  }

  /** A lost connection is asked again later; where this device failed, the next connection begins from what is stored. */
  #failed(error: unknown): void {
    if (error instanceof ConnectionLost || this.#stopped) return;
    this.#events.failed(error);
    this.#connection?.end();
  }
}

const hasNoWords = (data: unknown): boolean => typeof data === 'object' && data !== null && 'erased' in data;

/** The reduced state of the read positions, as the relay gives it. */
const positionsIn = (base: unknown): Progress['positions'] =>
  typeof base === 'object' && base !== null && 'positions' in base
    ? (base.positions as Progress['positions'])
    : {};

function withReads(before: Progress['positions'], entries: readonly LogEntry[]): Progress['positions'] {
  const positions: Record<MemberId, number> = { ...before };
  for (const { type, by, data } of entries) {
    const upTo = typeof data === 'object' && data !== null && 'upTo' in data ? data.upTo : null;
    if (type === 'chat.read' && typeof upTo === 'number') positions[by] = Math.max(positions[by] ?? -1, upTo);
  }
  return positions;
}
